"""Benchmarks: `make bench`. They measure ratios in one run on one machine, and assert no time."""
