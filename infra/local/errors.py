"""What can go wrong for the person at the keyboard."""


class LocalError(Exception):
    """A condition that a person can mend; its text is one paragraph that says what is wrong and what to do."""
