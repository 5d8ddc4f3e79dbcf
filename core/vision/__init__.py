"""Pictures as rows of cells, and the models that read them."""
