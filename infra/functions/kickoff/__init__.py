"""Starts the closes of the day, the week and the month at the bank's midnight."""
