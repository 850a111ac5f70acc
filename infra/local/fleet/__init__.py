"""The instances of each service on one machine: how many, and how they come and go while requests run."""
