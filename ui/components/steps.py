"""Where somebody is on a way of several steps."""

from collections.abc import Sequence

from ui.components.text import html


def bar(names: Sequence[str], at: int) -> str:
    """HTML of the steps' names in order; `at` is the index of the present one, past the last when all are done."""
    items = []
    for place, name in enumerate(names):
        state = "done" if place < at else "now" if place == at else "next"
        current = ' aria-current="step"' if place == at else ""
        mark = "✓" if place < at else str(place + 1)
        items.append(
            f'<li class="tm-step-{state}"{current}><span aria-hidden="true">{mark}</span>{html(name)}</li>'
        )
    return f'<ol class="tm-steps">{"".join(items)}</ol>'
