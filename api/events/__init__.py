"""What has happened, as events: each is read from the fact itself, so that none can be without the other."""
