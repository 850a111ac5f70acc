"""Alembic's entry point for the schema `accounts`."""

from api.shared.migrations import run

run()
