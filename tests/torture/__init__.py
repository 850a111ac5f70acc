"""A bank under fire: random operations while its processes are killed, then an account of every single one."""
