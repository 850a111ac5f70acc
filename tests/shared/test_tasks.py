"""What a service does by itself."""

import logging
import threading

import pytest
from litestar import Litestar
from litestar.testing import TestClient

from api.shared.tasks import Task, keep_doing

SOON_S, PATIENCE_S = 0.01, 20.0


class TestKeepDoing:
    def test_again_and_again_while_the_application_runs(self) -> None:
        times, often = 0, threading.Event()

        async def work() -> None:
            nonlocal times
            times += 1
            if times == 3:
                often.set()

        app = Litestar([], logging_config=None)
        keep_doing(app, {"work": Task(work, SOON_S)})
        with TestClient(app):
            assert often.wait(PATIENCE_S)
        done = times
        assert not threading.Event().wait(5 * SOON_S)
        assert times == done

    def test_a_failure_is_logged_and_tried_again(self, caplog: pytest.LogCaptureFixture) -> None:
        attempts, again = 0, threading.Event()

        async def fail() -> None:
            nonlocal attempts
            attempts += 1
            if attempts == 2:
                again.set()
            raise ConnectionError("gone")

        app = Litestar([], logging_config=None)
        keep_doing(app, {"fail": Task(fail, SOON_S)})
        with caplog.at_level(logging.ERROR), TestClient(app):
            assert again.wait(PATIENCE_S)
        assert "a task failed and will be tried again" in caplog.text
