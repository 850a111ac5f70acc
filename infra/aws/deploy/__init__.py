"""`tidemark deploy`: brings a bank on AWS to the state of this checkout, or back. See infra/aws/README.md."""
