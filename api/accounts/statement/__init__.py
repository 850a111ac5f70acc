"""What an account has seen: its lines, which of them somebody looks for, as JSON or CSV."""
