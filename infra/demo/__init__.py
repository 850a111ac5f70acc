"""A believable small town: its people and their money, the same for the same day every time."""
