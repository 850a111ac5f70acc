"""The whole bank on one machine: processes, embedded servers, gateway configuration."""
