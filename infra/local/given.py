"""What people set for the parts of a bank: who is concerned by which variable, and which ones concern nobody.

Each part's own classes say what it reads. No service is imported: a process of its own looks at them.
"""

import difflib
import json
import subprocess
import sys
from collections.abc import Mapping

from rich.markup import escape
from rich.table import Table

from api.shared.settings import AwsSettings, Setting, Settings
from infra.local.errors import LocalError
from infra.local.services import SERVICES
from infra.local.settings import CHECKOUT, LocalSettings

UP = "tidemark up"
MODULES: Mapping[str, tuple[str, ...]] = {
    **{service: (f"api.{service}.settings",) for service in SERVICES},
    "pipelines": ("pipelines.settings", "pipelines.alerts.settings"),
    "app": ("ui.settings",),
}

Catalogue = Mapping[str, list[Setting]]
Given = Mapping[str, Mapping[str, str]]


def catalogue() -> Catalogue:
    """Every setting by its owner: `tidemark up` itself, each service, the pipeline, the app, and AWS."""
    modules = [module for owned in MODULES.values() for module in owned]
    done = subprocess.run(
        [sys.executable, "-m", "api.shared.settings_list", *modules],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise LocalError(f"The parts' settings can't be read: {done.stderr.strip().splitlines()[-1]}")
    found = json.loads(done.stdout)
    parts = {
        owner: [Setting(**setting) for module in owned for setting in found[module]]
        for owner, owned in MODULES.items()
    }
    return {UP: LocalSettings.described(), **parts, "AWS": AwsSettings.described()}


def share_out(environment: Mapping[str, str], known: Catalogue) -> Given:
    """Of each owner's settings those that the environment has; AWS's only with an address of AWS among them.

    What `tidemark up` reads itself is for nobody else: its TIDEMARK_WAREHOUSE_URL is an administrator's.
    """
    own = set(LocalSettings.names())
    given = {
        owner: {
            name: environment[name]
            for name in (setting.name for setting in settings)
            if environment.get(name) and (owner == UP or name not in own)
        }
        for owner, settings in known.items()
    }
    # Whoever has keys of Amazon's in the environment did not ask for their use here.
    return given if "AWS_ENDPOINT_URL" in given["AWS"] else {**given, "AWS": {}}


def warnings(environment: Mapping[str, str], known: Catalogue, overruled: set[str]) -> list[str]:
    """A sentence for each TIDEMARK_ variable that has no effect: nobody reads it, or `tidemark up` decides it."""
    names = {setting.name for settings in known.values() for setting in settings}
    found = []
    for name in sorted(environment):
        if name in overruled:
            found.append(f"{name} has no effect: `tidemark up` sets it itself.")
        elif name.startswith(Settings.PREFIX) and name not in names:
            near = difflib.get_close_matches(name, names, n=1)
            meant = f" Is {near[0]} meant?" if near else ""
            found.append(f"{name} is no setting.{meant} `tidemark settings` lists them all.")
    return found


def settings_table(known: Catalogue) -> Table:
    """All settings for people; one that several parts read with the same meaning is one row."""
    owners: dict[Setting, list[str]] = {}
    for owner, settings in known.items():
        for setting in settings:
            owners.setdefault(setting, []).append(owner)
    table = Table(box=None, padding=(0, 2, 0, 0))
    for header in ("setting", "default", "read by", "meaning"):
        table.add_column(header, no_wrap=header == "setting", overflow="fold")
    for setting, readers in owners.items():
        default = "(required)" if setting.is_required else setting.default
        table.add_row(setting.name, escape(default), ", ".join(readers), escape(setting.meaning))
    return table
