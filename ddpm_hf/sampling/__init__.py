"""Sampling many pictures of a trained model, over all processes."""
