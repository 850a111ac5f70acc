"""Fixtures for every test: a real Postgres, fresh databases, an emulated AWS.

- `databases`: a fresh set for each test; `module_databases`: one for all tests of a module;
  `empty_databases`: fresh, without the services' schemas. All give `.url(role)`, `.warehouse_url`,
  `.dagster_url` and `.superuser_url()` (see tests/cluster.py).
- `aws`: the environment variables that point boto3 to the emulated AWS; `aws_endpoint` is its address.

Each pytest-xdist worker has a server and an emulator of its own.
"""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import psutil
import pytest
import pytest_socket

from tests.cluster import REPOSITORY, Cluster, Databases
from tests.emulator import emulated_aws


def pytest_configure() -> None:
    """Temporary files of each run below a folder of its own, which the next run of the checkout removes.

    A run closes the folder that pytest shares among all runs to others. Run as root, the Postgres of a run that is
    still going on has another user, and could not be restarted there.
    """
    if "PYTEST_DEBUG_TEMPROOT" in os.environ:  # a worker, whose run has a folder
        return
    checkout = hashlib.sha256(str(REPOSITORY).encode()).hexdigest()[:8]
    for folder in Path(tempfile.gettempdir()).glob(f"tidemark-{checkout}-*"):
        if not psutil.pid_exists(int(folder.name.rpartition("-")[2])):
            shutil.rmtree(folder, ignore_errors=True)
    folder = Path(tempfile.gettempdir()) / f"tidemark-{checkout}-{os.getpid()}"
    folder.mkdir()
    os.environ["PYTEST_DEBUG_TEMPROOT"] = str(folder)


def pytest_runtest_setup() -> None:
    """No test leaves the machine."""
    pytest_socket.socket_allow_hosts(["127.0.0.1", "::1", "localhost"], allow_unix_socket=True)


@pytest.fixture(scope="session")
def aws() -> Iterator[Mapping[str, str]]:
    """What a process needs in its environment to reach the emulated AWS, which lasts as long as the test run."""
    with emulated_aws() as environment:
        yield environment


@pytest.fixture(scope="session")
def aws_endpoint(aws: Mapping[str, str]) -> str:
    """The address of the emulated AWS."""
    return aws["AWS_ENDPOINT_URL"]


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory, aws: Mapping[str, str]) -> Iterator[Cluster]:
    """The Postgres server of this worker."""
    cluster = Cluster(tmp_path_factory.mktemp("cluster"), aws)
    cluster.start()
    yield cluster
    cluster.server.stop()


@pytest.fixture
def databases(cluster: Cluster) -> Iterator[Databases]:
    """A fresh bank for one test."""
    created = cluster.create()
    yield created
    cluster.drop(created)


@pytest.fixture(scope="module")
def module_databases(cluster: Cluster) -> Iterator[Databases]:
    """A fresh bank shared by the tests of one module."""
    created = cluster.create()
    yield created
    cluster.drop(created)


@pytest.fixture
def empty_databases(cluster: Cluster) -> Iterator[Databases]:
    """A fresh bank for one test in which no service has made its schema yet."""
    created = cluster.create(is_migrated=False)
    yield created
    cluster.drop(created)
