"""Sampling many images from a trained model, on any number of processes."""
