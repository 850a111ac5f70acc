"""What a user calls their accounts and those whom they pay. Nobody else sees it."""
