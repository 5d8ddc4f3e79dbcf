"""Training: tasks, the loop, and `python -m core.training NAME`."""
