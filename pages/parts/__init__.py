"""The brushes with which every page draws."""
