"""The users service: identity, sessions and review."""
