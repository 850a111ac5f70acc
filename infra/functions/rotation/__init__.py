"""Changes the passwords of the database's roles, one secret of Secrets Manager after the other."""
