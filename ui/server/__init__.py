"""What the app's server does besides running scripts: sign-ins that outlive a refresh, and its headers."""
