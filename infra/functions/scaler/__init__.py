"""How many instances each service has: decided by one pure function, on AWS and on one machine."""
