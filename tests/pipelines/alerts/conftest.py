"""A bank whose alerts go to a web server and a mail server of the test's own."""

from collections.abc import Iterator

import pytest

from pipelines import database
from pipelines.alerts.settings import AlertSettings
from tests.pipelines.alerts.alerts import all_channels
from tests.pipelines.alerts.receivers import Inbox, mail_server, web_server
from tests.pipelines.conftest import Bank


@pytest.fixture
def web() -> Iterator[Inbox]:
    with web_server() as inbox:
        yield inbox


@pytest.fixture
def mail() -> Iterator[Inbox]:
    with mail_server() as inbox:
        yield inbox


@pytest.fixture
def settings(web: Inbox, mail: Inbox) -> AlertSettings:
    """Both channels."""
    return all_channels(web.url, mail.url)


@pytest.fixture
def bank(module_bank: Bank, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bank]:
    """A bank with no publication and no alert."""
    monkeypatch.setenv("TIDEMARK_SOURCE_URL", module_bank.source_url)
    monkeypatch.setenv("TIDEMARK_PUBLISH_URL", module_bank.publish_url)
    monkeypatch.setenv("TIDEMARK_WAREHOUSE_URL", module_bank.warehouse_url)
    yield module_bank
    with database.connect(module_bank.publish_url) as connection:
        connection.execute("delete from pipeline.alert")
        connection.execute("delete from pipeline.publication")
