"""Pictures as sequences: patches, and the models that read them."""
