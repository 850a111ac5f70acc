"""Keys and ciphers: what keeps personal data unreadable outside this service."""
