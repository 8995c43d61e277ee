"""The Hub: the model card and the upload."""
