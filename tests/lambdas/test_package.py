"""Archives for Lambda: what is in them, how large they are, and that they are the same each time."""

import re
import subprocess
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from infra.local.errors import LocalError
from infra.local.services import SERVICES
from infra.package import archive
from infra.package.archive import build, handlers
from infra.package.elf import stripped
from infra.package.imports import reached_from
from infra.package.libraries import NEVER_IMPORTED, Target, install, locked, needed
from infra.package.pythons import find_python
from tests.cluster import REPOSITORY
from tests.lambdas.archives import Runtime, Unpacked, unpacked

pytestmark = pytest.mark.slow
MIB = 1 << 20
MACHINES = {"arm64": 183, "x86_64": 62}  # e_machine of ELF
FUNCTIONS = ("kickoff", "rotation", "scaler")
# What a function needs beside settings, and how large it is with that.
DRIVER = {"psycopg", "psycopg_binary", "psycopg_binary.libs"}
LIBRARIES = {"kickoff": set[str](), "rotation": DRIVER, "scaler": set[str]()}
MOST_MIB = {"kickoff": 1, "rotation": 8, "scaler": 1}
# A handler makes its application when it is imported; nothing is connected.
SETTINGS = {
    "TIDEMARK_DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none",
    "TIDEMARK_GATEWAY_URL": "http://127.0.0.1:1",
    "TIDEMARK_ISSUER": "http://127.0.0.1:1",
    "TIDEMARK_KMS_KEY_ID": "alias/none",
}

# Imports everything that our modules import, wherever in them, and makes what libraries load late.
EXERCISE = """
import ast, importlib, pathlib, sys
for path in sorted(pathlib.Path("api").rglob("*.pyc")):
    importlib.import_module(".".join(path.with_suffix("").parts).removesuffix(".__init__"))
for line in sys.stdin.read().splitlines():
    exec(line)
import httpx
httpx.AsyncClient(trust_env=False)
from botocore.session import get_session
for service in ("dynamodb", "kms", "secretsmanager"):
    keys = {"aws_access_key_id": "x", "aws_secret_access_key": "x"}
    client = get_session().create_client(service, region_name="x", **keys)
    assert client.meta.service_model.operation_names
if "phonenumbers" in sys.modules:
    import phonenumbers, email_validator
    from PIL import Image
    phonenumbers.is_valid_number(phonenumbers.parse("+12025550123"))
    email_validator.validate_email("ada@example.com", check_deliverability=False)
    Image.init()
print("\\n".join(sorted({getattr(m, "__file__", None) or "" for m in list(sys.modules.values())})))
"""


@pytest.fixture(params=SERVICES)
def made(request: pytest.FixtureRequest, archives: Mapping[str, Unpacked]) -> Unpacked:
    return archives[request.param]


def names(made: Unpacked) -> list[str]:
    return zipfile.ZipFile(made.archive.file).namelist()


def lazy_imports(service: str) -> list[str]:
    """The import statements of everything that the handler reaches, as lines."""
    lines = set()
    for module in reached_from(f"api.{service}.handler", REPOSITORY).modules:
        lines |= set(re.findall(r"^ *((?:from [\w.]+ )?import [\w., ]+)$", module.read_text(), flags=re.M))
    return sorted(line for line in lines if "mypy_boto3" not in line)


class TestContent:
    def test_nothing_that_nothing_imports(self, made: Unpacked, lambda_runtime: Runtime) -> None:
        done = subprocess.run(
            [lambda_runtime.python, "-c", EXERCISE],
            cwd=made.root,
            input="\n".join(lazy_imports(made.archive.name)),
            env=SETTINGS,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        loaded = {
            Path(file).relative_to(made.root).parts[0].partition(".")[0]
            for file in done.stdout.splitlines()
            if file.startswith(str(made.root))
        }
        present = {
            name.split("/")[0].partition(".")[0]
            for name in names(made)
            if not re.match(r"[^/]+\.(dist-info|libs)/", name)
        }
        # Three files of it are served.
        assert present - loaded - {"swagger_ui"} == set()

    def test_own_service_and_shared_alone(self, made: Unpacked) -> None:
        ours = {"/".join(name.split("/")[:2]) for name in names(made) if name.startswith(("api/", "infra/"))}
        assert ours == {"api/__init__.pyc", "api/shared", f"api/{made.archive.name}"}

    def test_no_commands_no_migrations_no_sources(self, made: Unpacked) -> None:
        for name in names(made):
            assert not re.search(r"\.py$|/admin\.|/migrations/|/sql/|/verify/|/history/|__pycache__", name), name

    def test_what_no_service_imports_is_left_out(self, made: Unpacked) -> None:
        top = {name.split("/")[0].lower() for name in names(made)}
        assert (
            top & (NEVER_IMPORTED | {"sqlalchemy", "flask", "boto3", "s3transfer", "greenlet", "alembic"}) == set()
        )
        assert not any(
            re.search(r"phonenumbers/(geodata|carrierdata|tzdata)|\.pyi$", name) for name in names(made)
        )
        stdnum = {name.partition(".")[0] for name in names(made) if name.startswith("stdnum/")}
        used = {"stdnum/__init__", "stdnum/damm", "stdnum/exceptions", "stdnum/util"}
        assert stdnum == (used if made.archive.name == "accounts" else set())
        services = {name.split("/")[2] for name in names(made) if re.match(r"botocore/data/[^/]+/", name)}
        assert services == {"dynamodb", "kms", "secretsmanager"}

    def test_size(self, made: Unpacked) -> None:
        assert made.archive.zipped_bytes <= (32 if made.archive.name == "users" else 22) * MIB
        assert made.archive.unpacked_bytes <= 250 * MIB
        listed = sum(made.archive.zipped_bytes_by_library.values())
        assert 0.9 * made.archive.zipped_bytes < listed < made.archive.zipped_bytes

    def test_licences_come_along(self, made: Unpacked) -> None:
        assert any(re.search(r"cryptography-.*LICENSE", name) for name in names(made))


@pytest.fixture(scope="module")
def functions(lambda_runtime: Runtime, tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Unpacked]:
    folder = tmp_path_factory.mktemp("functions")
    return {name: unpacked(name, lambda_runtime.target, folder) for name in FUNCTIONS}


@pytest.fixture(scope="module")
def provided(lambda_runtime: Runtime, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """botocore, as Lambda's Python has it."""
    folder = tmp_path_factory.mktemp("provided") / "libraries"
    names = needed({"botocore"}, lambda_runtime.target, REPOSITORY)
    install(locked(names, REPOSITORY), folder, lambda_runtime.target)
    return folder


class TestFunctions:
    @pytest.mark.parametrize("name", FUNCTIONS)
    def test_hold_themselves_and_what_lambda_lacks(self, name: str, functions: Mapping[str, Unpacked]) -> None:
        made = functions[name]
        tops = {each.partition("/")[0] for each in names(made)}
        # Before 3.13 the driver needs it.
        tops -= {"typing_extensions.pyc"}
        assert {top for top in tops if not top.endswith(".dist-info")} == {
            *("api", "infra", "msgspec"),
            *LIBRARIES[name],
        }
        ours = {"/".join(each.split("/")[:3]) for each in names(made) if each.startswith(("api/", "infra/"))}
        assert {each for each in ours if each.startswith("infra/functions/")} == {
            "infra/functions/__init__.pyc",
            f"infra/functions/{name}",
        }
        assert {each for each in ours if each.startswith("api/shared/")} <= {
            *("api/shared/__init__.pyc", "api/shared/settings.pyc", "api/shared/calendar.pyc"),
        }
        assert made.archive.zipped_bytes <= MOST_MIB[name] * MIB

    @pytest.mark.parametrize("name", FUNCTIONS)
    def test_load_and_name_what_is_not_set(
        self, name: str, functions: Mapping[str, Unpacked], provided: Path, lambda_runtime: Runtime
    ) -> None:
        done = subprocess.run(
            [
                lambda_runtime.python,
                "-c",
                f"from infra.functions.{name}.handler import handler; handler({{}}, None)",
            ],
            cwd=functions[name].root,
            env={"PYTHONPATH": str(provided)},
            capture_output=True,
            text=True,
            check=False,
        )
        assert re.search(r"SettingsError: TIDEMARK_\w+ is not set", done.stderr), done.stderr


class TestBuild:
    def test_the_same_each_time(
        self, lambda_runtime: Runtime, archives: Mapping[str, Unpacked], tmp_path: Path
    ) -> None:
        again = build("stats", lambda_runtime.target, REPOSITORY, tmp_path / "work", tmp_path / "out")
        assert again.file.read_bytes() == archives["stats"].archive.file.read_bytes()

    @pytest.mark.parametrize("architecture", MACHINES)
    def test_libraries_are_of_the_architecture(
        self, architecture: str, lambda_runtime: Runtime, tmp_path: Path
    ) -> None:
        target = Target(architecture, lambda_runtime.target.python)
        made = build("stats", target, REPOSITORY, tmp_path / "work", tmp_path / "out")
        with zipfile.ZipFile(made.file) as file:
            machines = {
                int.from_bytes(file.read(name)[18:20], "little") for name in file.namelist() if ".so" in name
            }
        assert machines == {MACHINES[architecture]}

    def test_a_wrong_hash_is_refused(
        self, lambda_runtime: Runtime, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def forged(*arguments: object) -> str:
            return re.sub(r"sha256:.{8}", "sha256:00000000", locked({"mangum"}, REPOSITORY))

        monkeypatch.setattr(archive, "locked", forged)
        with pytest.raises(LocalError, match="can't be had"):
            build("stats", lambda_runtime.target, REPOSITORY, tmp_path / "work", tmp_path / "out")

    def test_a_python_that_is_not_there_is_named(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(archive, "find_python", lambda _: None)
        with pytest.raises(LocalError, match=r"no python3\.13 on the PATH"):
            build("stats", Target("arm64", "3.13"), REPOSITORY, tmp_path / "work", tmp_path / "out")


class TestHandlers:
    def test_services_and_functions(self) -> None:
        services = {name: f"api.{name}.handler" for name in SERVICES}
        assert handlers(REPOSITORY) == services | {name: f"infra.functions.{name}.handler" for name in FUNCTIONS}

    def test_a_function_is_found_by_its_handler(self, tmp_path: Path) -> None:
        for path, text in {
            "api/users/handler.py": "",
            "infra/__init__.py": "",
            "infra/functions/__init__.py": "",
            "infra/functions/nightly/handler.py": "import json\nfrom infra.functions.nightly.work import do\n",
            "infra/functions/nightly/work.py": "def do():\n    import httpx\n",
            "infra/local/up.py": "import rich\n",
        }.items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(text)
        found = handlers(tmp_path)
        assert found == {"users": "api.users.handler", "nightly": "infra.functions.nightly.handler"}
        reached = reached_from(found["nightly"], tmp_path)
        assert reached.names == {"httpx"}
        assert tmp_path / "infra/functions/nightly/work.py" in reached.modules
        assert tmp_path / "infra/local/up.py" not in reached.modules


class TestNeeded:
    def test_follows_what_libraries_need_and_the_extras_that_are_declared(self) -> None:
        found = needed({"psycopg", "httpx"}, Target("arm64", "3.13"), REPOSITORY)
        assert {"psycopg", "psycopg-binary", "httpx", "httpcore", "anyio", "certifi"} <= found
        assert "click" not in found

    def test_an_import_that_nothing_provides(self) -> None:
        with pytest.raises(LocalError, match="no_such_library"):
            needed({"no_such_library"}, Target("arm64", "3.13"), REPOSITORY)


class TestStripped:
    def test_what_is_no_library_stays_as_it_is(self) -> None:
        assert stripped(b"text") == b"text"
        assert stripped(b"") == b""


class TestFindPython:
    def test_finds_by_version_or_not_at_all(self) -> None:
        found = find_python("3.11") or find_python("3.12") or find_python("3.13")
        assert found
        assert find_python("2.1") is None
