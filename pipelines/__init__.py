"""The statistics pipeline: extract from the ledger, transform with dbt, prove, publish."""
