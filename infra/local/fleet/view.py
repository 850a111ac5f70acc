"""`tidemark scale` for people."""

from datetime import datetime
from typing import Any

from rich.console import Group
from rich.table import Table

CHANGES_SHOWN = 10


def fleet_view(told: dict[str, Any]) -> Group:
    """A bank on this machine."""
    return services_and_changes(_title(told), told["services"], told["changes"])


def services_and_changes(title: str, told: dict[str, Any], last: list[dict[str, Any]]) -> Group:
    """Each service with demand, decision and reason, and the last changes, the newest first."""
    services = Table(title=title, title_justify="left", box=None, padding=(0, 2, 0, 0))
    for header in ("service", "instances", "bounds", "in flight", "refused", "p95", "hours", "reason"):
        services.add_column(header, justify="left" if header in ("service", "reason") else "right")
    for name, service in told.items():
        demand = service["demand"]
        services.add_row(
            name,
            str(service["instances"]),
            f"{service['floor']}–{service['ceiling']}",
            *(
                (f"{demand['in_flight']:.1f}", str(demand["refused"]), f"{demand['latency_s']:.3f} s")
                if demand
                else ("?", "?", "?")
            ),
            f"{service['instance_hours']:.2f}",
            service["reason"],
        )
    changes = Table(
        title="\nlast changes", title_justify="left", box=None, padding=(0, 2, 0, 0), show_header=False
    )
    for change in reversed(last[-CHANGES_SHOWN:]):
        at = datetime.fromtimestamp(change["at"]).astimezone().isoformat(sep=" ", timespec="seconds")
        changes.add_row(at, change["service"], f"{change['before']} → {change['after']}", change["reason"])
    return Group(services, *([changes] if last else []))


def _title(told: dict[str, Any]) -> str:
    mode = "by demand" if told["is_automatic"] else "as set (`tidemark up --autoscale` follows demand)"
    connections = told["connections"]
    return f"Instances {mode}; {connections['used']} of {connections['of_all']} database connections"
