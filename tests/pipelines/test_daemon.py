"""Dagster's daemon at the pace of this bank."""

import inspect
from types import ModuleType

import pytest
from dagster._daemon import asset_daemon, sensor
from dagster._grpc import server_watcher


class TestPace:
    @pytest.mark.parametrize(
        ("module", "name"),
        [
            (sensor, "MIN_INTERVAL_LOOP_TIME"),
            (server_watcher, "WATCH_INTERVAL"),
            (asset_daemon, "MIN_INTERVAL_LOOP_SECONDS"),
        ],
    )
    def test_dagster_still_reads_what_is_replaced_when_it_is_used(self, module: ModuleType, name: str) -> None:
        """A newer Dagster that keeps its pace elsewhere would ignore ours, and nobody would notice."""
        assert isinstance(getattr(module, name), int | float)
        functions = [each for _, each in inspect.getmembers(module, inspect.isfunction)]
        methods = [
            each
            for _, kind in inspect.getmembers(module, inspect.isclass)
            if kind.__module__ == module.__name__
            for _, each in inspect.getmembers(kind, inspect.isfunction)
        ]
        assert any(name in each.__code__.co_names for each in (*functions, *methods))
