"""Data sets by name, and their images as training examples."""
