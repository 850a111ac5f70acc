"""Who owns an account, and whom its owners have invited."""
