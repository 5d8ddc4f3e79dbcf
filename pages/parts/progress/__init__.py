"""How far a visitor came: which lessons were opened and how far, which questions were right, which claims were opened."""
