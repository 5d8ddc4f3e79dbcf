"""What each lesson computes: frozen settings in, frozen traces out. Pages choose the settings and draw the traces."""
