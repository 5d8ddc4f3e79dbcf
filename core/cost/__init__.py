"""What a transformer costs, before anything is run: the sizes of a block, its work and memory, and models of the world."""
