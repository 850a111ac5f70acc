"""Builds the archives that AWS Lambda runs: one for each service, and for each function of `infra/functions`."""
