"""Alembic's entry for schema `users`."""

from api.shared.migrations import run

run()
