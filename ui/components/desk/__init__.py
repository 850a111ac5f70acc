"""What the bank's own people work with: finding customers, seeing one, acting on an account."""
