"""The user as they see themself: creation, profile, change, deletion."""
