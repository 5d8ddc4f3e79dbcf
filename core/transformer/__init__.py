"""The Transformer's parts, from one block up."""
