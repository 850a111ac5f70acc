"""The bank's services. Each imports itself and `api.shared`, nothing else."""
