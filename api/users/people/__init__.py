"""Users as staff find and see them."""
