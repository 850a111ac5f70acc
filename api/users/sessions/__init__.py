"""Signing in and out: sessions, access tokens, program tokens, throttling."""
