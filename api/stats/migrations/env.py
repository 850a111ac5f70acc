"""Alembic's entry: all pending versions of schema `stats` in one transaction."""

from api.shared.migrations import run

run()
