"""What the functions are asked, by botocore's Stubber."""

import io
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from botocore.response import StreamingBody
from botocore.session import get_session
from botocore.stub import Stubber

from infra.aws.deploy.functions import DeadLetter, Functions
from infra.local.errors import LocalError

pytestmark = pytest.mark.slow

QUEUE = "https://queue.example/bank"
CLOSE = {"scheduled_at": "2026-11-28T00:00:00Z"}
LETTER = DeadLetter(CLOSE, datetime(2026, 11, 28, 0, 3, tzinfo=UTC), "Dagster is away", "receipt")


@pytest.fixture
def stubs() -> Iterator[dict[str, Stubber]]:
    session = get_session()
    session.set_credentials("x", "x")
    stubs = {
        name: Stubber(session.create_client(name, region_name="eu-central-1")) for name in ("lambda", "sqs", "ssm")
    }
    for stub in stubs.values():
        stub.activate()
    yield stubs
    for stub in stubs.values():
        stub.assert_no_pending_responses()


@pytest.fixture
def functions(stubs: dict[str, Stubber]) -> Functions:
    return Functions(lambda name: stubs[name].client)


class TestCall:
    def answers(self, stubs: dict[str, Stubber], content: Any, **rest: str) -> None:
        payload = StreamingBody(io.BytesIO(text := json.dumps(content).encode()), len(text))
        asked = {"FunctionName": "bank-scaler", "Payload": b'{"service": "users", "instances": 3}'}
        stubs["lambda"].add_response("invoke", {"StatusCode": 200, "Payload": payload, **rest}, asked)

    def test_the_answer_comes_back(self, functions: Functions, stubs: dict[str, Stubber]) -> None:
        self.answers(stubs, {"services": {}})
        assert functions.call("bank-scaler", {"service": "users", "instances": 3}) == {"services": {}}

    def test_a_refusal_is_told_in_its_words(self, functions: Functions, stubs: dict[str, Stubber]) -> None:
        self.answers(stubs, {"errorMessage": "a number from 1 to 40"}, FunctionError="Unhandled")
        with pytest.raises(LocalError, match="bank-scaler: a number from 1 to 40"):
            functions.call("bank-scaler", {"service": "users", "instances": 3})


class TestChanges:
    def version(self, users: int, changed_at: float) -> dict[str, str]:
        decisions = {
            "users": {
                "instances": users,
                "reason": f"{users} now",
                "changed_at": changed_at,
                "instance_hours": 1.0,
            },
            "stats": {"instances": 1, "reason": "quiet", "changed_at": 1.0, "instance_hours": 1.0},
        }
        return {"Name": "/bank/scaler", "Value": json.dumps({"decisions": decisions, "pins": {}})}

    def test_each_step_from_one_version_to_the_next(self, functions: Functions, stubs: dict[str, Stubber]) -> None:
        """Over pages, too; a version without a change of numbers is none."""
        pages = ([self.version(1, 10.0), self.version(3, 20.0)], [self.version(3, 20.0), self.version(2, 40.0)])
        for place, versions in enumerate(pages):
            token = {"NextToken": "more"} if place else {}
            following = {} if place else {"NextToken": "more"}
            stubs["ssm"].add_response(
                "get_parameter_history", {"Parameters": versions, **following}, {"Name": "/bank/scaler", **token}
            )
        assert functions.changes("/bank/scaler") == [
            {"at": 20.0, "service": "users", "before": 1, "after": 3, "reason": "3 now"},
            {"at": 40.0, "service": "users", "before": 3, "after": 2, "reason": "2 now"},
        ]

    def test_before_the_first_decision_there_are_none(
        self, functions: Functions, stubs: dict[str, Stubber]
    ) -> None:
        stubs["ssm"].add_client_error("get_parameter_history", "ParameterNotFound")
        assert functions.changes("/bank/scaler") == []


class TestDeadLetters:
    ASKED = {  # noqa: RUF012
        "QueueUrl": QUEUE,
        "MaxNumberOfMessages": 10,
        "VisibilityTimeout": 30,
        "MessageSystemAttributeNames": ["SentTimestamp"],
        "MessageAttributeNames": ["All"],
    }

    def waits(self, stubs: dict[str, Stubber], *attributes: dict[str, str]) -> None:
        messages = [
            {
                "Body": json.dumps(CLOSE),
                "ReceiptHandle": "receipt",
                "Attributes": {"SentTimestamp": str(int(LETTER.sent_at.timestamp() * 1000))},
                "MessageAttributes": {
                    name: {"StringValue": text, "DataType": "String"} for name, text in each.items()
                },
            }
            for each in attributes
        ]
        stubs["sqs"].add_response("receive_message", {"Messages": messages} if messages else {}, self.ASKED)

    def test_all_of_them_with_the_reason(self, functions: Functions, stubs: dict[str, Stubber]) -> None:
        self.waits(
            stubs, {"ErrorMessage": "Dagster is away", "ErrorCode": "200"}, {"ERROR_MESSAGE": "no function"}
        )
        self.waits(stubs, {})
        self.waits(stubs)
        found = list(functions.dead_letters(QUEUE))
        assert found[0] == LETTER
        assert [each.reason for each in found] == ["Dagster is away", "no function", "not said"]

    def test_one_that_is_no_json_is_shown_as_it_is(self, functions: Functions, stubs: dict[str, Stubber]) -> None:
        message = {"Body": "{cut o", "ReceiptHandle": "receipt", "Attributes": {"SentTimestamp": "0"}}
        stubs["sqs"].add_response("receive_message", {"Messages": [message]}, self.ASKED)
        self.waits(stubs)
        (found,) = functions.dead_letters(QUEUE)
        assert found.event == "{cut o"

    def test_one_that_is_sent_again_is_taken_out(self, functions: Functions, stubs: dict[str, Stubber]) -> None:
        stubs["lambda"].add_response(
            "invoke",
            {"StatusCode": 202},
            {"FunctionName": "bank-kickoff", "InvocationType": "Event", "Payload": json.dumps(CLOSE).encode()},
        )
        stubs["sqs"].add_response("delete_message", {}, {"QueueUrl": QUEUE, "ReceiptHandle": "receipt"})
        functions.replay("bank-kickoff", QUEUE, LETTER)

    def test_one_that_could_not_be_sent_stays(self, functions: Functions, stubs: dict[str, Stubber]) -> None:
        stubs["lambda"].add_client_error("invoke", "TooManyRequestsException", "Rate exceeded")
        with pytest.raises(Exception, match="Rate exceeded"):
            functions.replay("bank-kickoff", QUEUE, LETTER)
