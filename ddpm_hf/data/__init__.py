"""Data sets by name, and their pictures as training examples."""
