"""Dagster's daemon (`python -m pipelines.daemon run …`) at the pace of this bank.

Dagster's own waits five seconds between two looks at its sensors, whatever interval one asks for: as long as a
refresh takes. What seldom changes it looks at all the more often, and an idle bank would pay for it.
"""

from dagster._daemon import asset_daemon, controller, freshness, sensor
from dagster._daemon.cli import main
from dagster._grpc import server_watcher

SENSORS_S = 2
# Whether the code server was started anew.
CODE_SERVER_S = 5
# Nothing is automated by conditions of assets.
ASSETS_S = 60
# Its view of the project, which a code server that was started anew brings by itself.
PROJECT_S = 240
# Whether assets are fresh, by a policy of minutes.
FRESHNESS_S = 120

if __name__ == "__main__":
    sensor.MIN_INTERVAL_LOOP_TIME = SENSORS_S
    server_watcher.WATCH_INTERVAL = CODE_SERVER_S
    asset_daemon.MIN_INTERVAL_LOOP_SECONDS = ASSETS_S
    controller.RELOAD_WORKSPACE_INTERVAL = PROJECT_S
    freshness.FreshnessDaemon.__init__.__defaults__ = (FRESHNESS_S,)
    main()
