"""What functions log, out of the emulated CloudWatch: it keeps everything in memory, and only there."""

from collections.abc import Iterable, Iterator

from infra.local.cloud.calls import EmulatedAws, EmulatorError

TARGET = "Logs_20140328"
# Lambda's own lines about each call.
FRAME = ("START RequestId:", "END RequestId:", "REPORT RequestId:")


def take_lines(aws: EmulatedAws, functions: Iterable[str]) -> Iterator[str]:
    """What they logged since the last time, without Lambda's own lines.

    CloudWatch is emptied by it; what comes in the milliseconds between reading and emptying is lost.
    """
    for function in functions:
        group = {"logGroupName": f"/aws/lambda/{function}"}
        try:
            events = aws.call("logs", "/", group, target=f"{TARGET}.FilterLogEvents")["events"]
            if events:
                aws.call("logs", "/", group, target=f"{TARGET}.DeleteLogGroup")
        except EmulatorError:
            continue  # nothing was called since
        lines = (line for event in events for line in event["message"].splitlines())
        yield from (line for line in lines if not line.startswith(FRAME))
