"""Help for who can't get in, or fears that somebody else does: staff end sessions and hand out one-time codes."""
