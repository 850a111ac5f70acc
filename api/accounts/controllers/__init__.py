"""The calls below `/account`, by subject."""
