"""A bank's history from two CSV files: accounts, and the movements on them."""
