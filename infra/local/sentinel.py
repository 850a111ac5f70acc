"""Ends what is left of a bank whose `tidemark up` is gone, however it went.

`up` starts it first and holds the other end of its standard input, which the system closes when `up` ends, be it
by kill -9. Run as `python -m infra.local.sentinel HOME`.
"""

import signal
import sys
from pathlib import Path

from infra.local.processes import end_all_of


def main() -> None:
    """Wait for the end of standard input, then end every process of the bank in HOME."""
    for ignored in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    sys.stdin.buffer.read()
    end_all_of(Path(sys.argv[1]))


if __name__ == "__main__":
    main()
