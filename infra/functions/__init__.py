"""Functions of AWS Lambda beside the services: they import no service."""
