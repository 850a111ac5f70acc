"""What a container on AWS does at its start."""
