"""What the parts of the bank say of themselves, asked in a process of its own: they read settings."""

import json
import subprocess
import sys
import textwrap
from typing import Any

from infra.local.services import SERVICES
from tests.cluster import REPOSITORY

FUNCTIONS = ("scaler", "kickoff", "rotation")


def settings_of(module: str) -> dict[str, bool]:
    """The variables that the settings of a module are read from, and whether each is required."""
    command = [sys.executable, "-m", "api.shared.settings_list", module]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
    return {each["name"]: each["is_required"] for each in json.loads(done.stdout)[module]}


def public_calls() -> set[tuple[str, str]]:
    """(method, path) of the services' routes that need no token, or one that may be over."""
    found = of_services(
        """
for route in app.routes:
    for handler in getattr(route, "route_handlers", []):
        if handler.opt.get("public") or handler.opt.get("expired_grace_s"):
            found += [(method, route.path) for method in handler.http_methods]
"""
    )
    return {(method, path) for method, path in found if method != "OPTIONS"}


def tasks() -> dict[str, float]:
    """Every how many seconds a service does by itself what has this name."""
    return dict(
        of_services("found += [(name, task.every_s) for name, task in app.state.get('tasks', {}).items()]")
    )


def of_services(question: str) -> Any:
    """What `question` adds to `found` for each service's `app`: in a process of its own, for settings are read."""
    program = f"""
import importlib, json, sys
found = []
for service in sys.argv[1:]:
    app = importlib.import_module(f"api.{{service}}.app").create_app()
{textwrap.indent(question, "    ")}
print(json.dumps(found))
"""
    environment = {
        **{f"TIDEMARK_{name}": "http://127.0.0.1" for name in ("GATEWAY_URL", "ISSUER", "KMS_KEY_ID")},
        "TIDEMARK_DATABASE_URL": "postgresql://nobody@127.0.0.1/nowhere",
    }
    command = [sys.executable, "-c", program, *SERVICES]
    done = subprocess.run(command, cwd=REPOSITORY, env=environment, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)
