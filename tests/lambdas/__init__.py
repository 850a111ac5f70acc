"""The archives, run as Lambda runs them."""
