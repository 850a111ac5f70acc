"""Which libraries an archive needs, and what of them: from what its code imports, in the versions of the lock."""

import re
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, packages_distributions, requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from infra.local.errors import LocalError

# What libraries ask for but services never reach: rich error pages, example data, a command line, DNS look-ups,
# templates, a parser of C.
NEVER_IMPORTED = frozenset(
    "faker polyfactory rich rich-click click pygments markdown-it-py mdurl dnspython tzdata jinja2"
    " markupsafe packaging litestar-htmx pycparser".split()
)
AWS_SERVICES = ("dynamodb", "kms", "secretsmanager")
NEVER_READ = (
    r"(^|/)(tests?|testing|__pycache__|examples)/",
    r"\.(pyi|pyx|pxd|c|h|cpp|so\.debug)$",
    r"(^|/)(py\.typed$|\.)",
    # What makes bindings; those that are made need the extension alone.
    r"^(cffi|_yaml)/",
    r"^bin/",
    r"\.dist-info/(?!licenses/|LICENSE|METADATA)",
    # Descriptions of other AWS services, and examples of these.
    rf"^botocore/data/(?!({'|'.join(AWS_SERVICES)})/|[^/]+$)",
    r"^botocore/data/.*/examples-1\.json(\.gz)?$",
    # Where a number was issued and by whom: a bank asks whether it is one.
    r"^phonenumbers/(geodata|carrierdata|tzdata)/",
    # Formats that no identity document comes in, fonts and colour profiles.
    r"^PIL/(_avif|_imagingft|_imagingcms|_imagingtk|_imagingmorph)\.",
    r"^pillow\.libs/lib(avif|freetype|harfbuzz|lcms2)",
    # One check digit of all its numbers.
    r"^stdnum/(?!(__init__|damm|exceptions|util)\.py$)",
    # The pages take three files of it.
    r"^swagger_ui/(?!static/swagger-ui(-bundle|-standalone-preset)?\.(js|css)$|__init__\.py$)",
)
_READ_NEVER = re.compile("|".join(NEVER_READ))


@dataclass(frozen=True)
class Target:
    """What an archive is for: `architecture` arm64 or x86_64, `python` like 3.13."""

    architecture: str
    python: str

    @property
    def platform(self) -> str:
        """As uv names it; Lambda's Python runs on Amazon Linux 2023, whose C library is 2.34."""
        return f"{'aarch64' if self.architecture == 'arm64' else 'x86_64'}-manylinux_2_28"

    @property
    def markers(self) -> dict[str, str]:
        """For the conditions of requirements."""
        return {
            "python_version": self.python,
            "python_full_version": f"{self.python}.0",
            "sys_platform": "linux",
            "platform_system": "Linux",
            "os_name": "posix",
            "platform_machine": "aarch64" if self.architecture == "arm64" else "x86_64",
            "implementation_name": "cpython",
            "platform_python_implementation": "CPython",
            "extra": "",
        }


def is_read(path: str) -> bool:
    """Whether a file of a library (its path in the archive) can matter to a service."""
    return not _READ_NEVER.search(path)


def needed(names: Iterable[str], target: Target, checkout: Path) -> set[str]:
    """The distributions (canonical names) that provide the imported `names`, with what those need in turn.

    Raises LocalError for a name that no library of the lock provides.
    """
    providers = packages_distributions()
    extras = _declared_extras(checkout)
    waiting: list[tuple[str, frozenset[str]]] = []
    for name in names:
        if name not in providers:
            raise LocalError(
                f"Nothing in requirements.lock provides {name!r}. Run `make setup`, then package again."
            )
        found = {canonicalize_name(distribution) for distribution in providers[name]}
        waiting += [(each, extras.get(each, frozenset())) for each in (found & set(extras) or found)]
    done: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        each = waiting.pop()
        if each in done or each[0] in NEVER_IMPORTED:
            continue
        done.add(each)
        waiting += _requirements(*each, target)
    return {name for name, _ in done}


def _requirements(name: str, extras: frozenset[str], target: Target) -> list[tuple[str, frozenset[str]]]:
    try:
        lines = requires(name) or []
    except PackageNotFoundError:
        return []
    found: list[tuple[str, frozenset[str]]] = []
    for requirement in map(Requirement, lines):
        marker = requirement.marker
        if marker and not any(marker.evaluate(target.markers | {"extra": extra}) for extra in ("", *extras)):
            continue
        found.append((canonicalize_name(requirement.name), frozenset(requirement.extras)))
    return found


def _declared_extras(checkout: Path) -> Mapping[str, frozenset[str]]:
    declared = tomllib.loads((checkout / "pyproject.toml").read_text())["project"]["dependencies"]
    requirements = map(Requirement, declared)
    return {canonicalize_name(each.name): frozenset(each.extras) for each in requirements}


def locked(names: Iterable[str], checkout: Path) -> str:
    """The part of requirements.lock, hashes included, that is about these distributions."""
    wanted = set(names)
    entries = re.split(r"\n(?=\S)", (checkout / "requirements.lock").read_text().strip())
    return "\n".join(entry for entry in entries if _name(entry) in wanted) + "\n"


def _name(entry: str) -> str:
    found = re.match(r"[A-Za-z0-9._-]+", entry)
    return canonicalize_name(found[0]) if found else ""


def install(requirements: str, folder: Path, target: Target) -> None:
    """Put the libraries into a folder, wheels only, each checked against its hash. Raises LocalError."""
    folder.mkdir(parents=True)
    listed = folder.parent / "requirements.txt"
    listed.write_text(requirements)
    command = [
        str(Path(sys.executable).parent / "uv"),
        "pip",
        "install",
        "--quiet",
        "--no-deps",
        "--require-hashes",
    ]
    command += ["--only-binary", ":all:", "--python-platform", target.platform, "--python-version", target.python]
    command += ["--link-mode", "copy", "--target", str(folder), "--requirement", str(listed)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise LocalError(f"The libraries for {target.architecture} can't be had:\n{done.stderr.strip()}")
