"""What the functions beside the services tell, and what of their work failed for good."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

import msgspec

from infra.functions.scaler.cloud import State
from infra.local.errors import LocalError

# For so long a message that was looked at is shown to nobody else.
HIDDEN_S = 30
BATCH = 10
# As Lambda calls it, and as Scheduler does.
REASONS = ("ErrorMessage", "ERROR_MESSAGE")


@dataclass(frozen=True)
class DeadLetter:
    """An event that failed for good, and why; a text when it is no JSON. `receipt` is good for HIDDEN_S."""

    event: Any
    sent_at: datetime
    reason: str
    receipt: str


class Functions:
    """The functions and their queue of dead letters. All methods raise botocore's errors too."""

    def __init__(self, client: Callable[[str], Any]) -> None:
        self._client = client

    def call(self, function: str, event: Mapping[str, Any]) -> dict[str, Any]:
        """What a function answers. Raises LocalError with what it says when it fails."""
        answer = self._client("lambda").invoke(FunctionName=function, Payload=json.dumps(event).encode())
        content: dict[str, Any] = json.loads(answer["Payload"].read())
        if "FunctionError" in answer:
            raise LocalError(f"{function}: {content.get('errorMessage', content)}")
        return content

    def changes(self, parameter: str) -> list[dict[str, Any]]:
        """The scaler's changes in the last hundred versions of its state, as the local fleet tells its own."""
        client = self._client("ssm")
        pages = client.get_paginator("get_parameter_history").paginate(Name=parameter)
        try:
            texts = [version["Value"] for page in pages for version in page["Parameters"]]
        except client.exceptions.ParameterNotFound:
            return []
        states = [msgspec.json.decode(text, type=State) for text in texts]
        return [
            {
                "at": decision.changed_at,
                "service": name,
                "before": before.decisions[name].instances,
                "after": decision.instances,
                "reason": decision.reason,
            }
            for before, after in pairwise(states)
            for name, decision in after.decisions.items()
            if name in before.decisions and before.decisions[name].instances != decision.instances
        ]

    def dead_letters(self, queue: str) -> Iterator[DeadLetter]:
        """All that wait, each once."""
        client = self._client("sqs")
        while messages := client.receive_message(
            QueueUrl=queue,
            MaxNumberOfMessages=BATCH,
            VisibilityTimeout=HIDDEN_S,
            MessageSystemAttributeNames=["SentTimestamp"],
            MessageAttributeNames=["All"],
        ).get("Messages", []):
            for message in messages:
                told = message.get("MessageAttributes", {})
                reason = next((told[name]["StringValue"] for name in REASONS if name in told), "not said")
                sent_at = datetime.fromtimestamp(int(message["Attributes"]["SentTimestamp"]) / 1000, UTC)
                yield DeadLetter(_event(message["Body"]), sent_at, reason, message["ReceiptHandle"])

    def replay(self, function: str, queue: str, letter: DeadLetter) -> None:
        """Send the event again; should it fail again, it is a dead letter again."""
        self._client("lambda").invoke(
            FunctionName=function, InvocationType="Event", Payload=json.dumps(letter.event).encode()
        )
        self.forget(queue, letter)

    def forget(self, queue: str, letter: DeadLetter) -> None:
        """Take it out of the queue."""
        self._client("sqs").delete_message(QueueUrl=queue, ReceiptHandle=letter.receipt)


def _event(body: str) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        # Scheduler cuts off what is too long.
        return body
