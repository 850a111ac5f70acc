"""Typed clients of the bank's API, one module per service."""
