"""What can be read out of many attention matrices: what heads do, how attention flows, how to look at it in large."""
