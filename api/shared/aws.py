"""The one place where AWS clients are made and their failures translated.

botocore is imported when the first client is made: that takes time which a Lambda start cannot spare. boto3, which
would add resources and transfers, is not needed.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from api.shared.errors import Unavailable
from api.shared.settings import AwsSettings

BUSY = frozenset(
    {
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ThrottlingException",
        "TransactionConflict",
    }
)


def make_client(service: str) -> Any:
    """A client with time limits well below those of a database transaction. Thread-safe; making one is not."""
    from botocore.config import Config
    from botocore.session import get_session

    return get_session().create_client(
        service,
        region_name=AwsSettings.read().region,
        config=Config(
            connect_timeout=2,
            read_timeout=4,
            retries={"mode": "standard", "total_max_attempts": 3},
            max_pool_connections=16,
        ),
    )


@contextmanager
def aws_errors(expected: Mapping[str, type[Exception]] | None = None) -> Iterator[None]:
    """Raises what `expected` names for an AWS error code, and Unavailable when AWS cannot be reached or is busy.

    What is left is a mistake of ours, or rights that are missing: it stays what it is.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        if expected and code in expected:
            raise expected[code]() from error
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if status >= 500 or code in BUSY:
            raise Unavailable() from error
        raise
    except BotoCoreError as error:
        raise Unavailable() from error
