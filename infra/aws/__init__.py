"""The bank on AWS: Terraform, the command that deploys it, and the check of a deployed bank from outside."""
