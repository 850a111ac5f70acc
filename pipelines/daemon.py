"""Dagster's daemon (`python -m pipelines.daemon run …`), which looks at its sensors every second.

Dagster's own waits five seconds between two looks, whatever interval a sensor asks for. That would be half of the
time from a movement to its statistics.
"""

from dagster._daemon import sensor
from dagster._daemon.cli import main

LOOP_S = 1

if __name__ == "__main__":
    sensor.MIN_INTERVAL_LOOP_TIME = LOOP_S
    main()
