"""What a benchmark found, as a table for people."""

import os
import platform
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

RESULTS = Path(__file__).parent / "results"


@dataclass
class Table:
    """One comparison: a heading, what was done, rows of equally many cells, and remarks."""

    title: str
    setting: str
    columns: Sequence[str]
    rows: list[Sequence[str]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)

    def add(self, *cells: str) -> None:
        """One more row."""
        self.rows.append(cells)

    def markdown(self) -> str:
        """The table in Markdown."""
        lines = [f"### {self.title}", "", self.setting, ""]
        lines += [_row(self.columns), _row(["---"] * len(self.columns)), *(_row(row) for row in self.rows)]
        if self.remarks:
            lines += ["", *(f"- {remark}" for remark in self.remarks)]
        return "\n".join(lines) + "\n"


def ratio(times: float, goal: str = "") -> str:
    """How many times the reference, and what was hoped for."""
    return f"**{times:.2f}×** (goal {goal})" if goal else f"{times:.2f}×"


def write(name: str, tables: Sequence[Table]) -> Path:
    """Keep the tables of one part; a later run of the same part replaces them."""
    RESULTS.mkdir(exist_ok=True)
    path = RESULTS / f"{name}.md"
    text = "\n".join(table.markdown() for table in tables)
    path.write_text(f"## {name}\n\n{_machine()}\n\n{text}")
    return path


def _machine() -> str:
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    load = os.getloadavg()[0]
    return (
        f"{now}, {os.cpu_count()} cores ({platform.machine()}), Python {platform.python_version()}, "
        f"load of the machine at the end {load:.1f}"
    )


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"
