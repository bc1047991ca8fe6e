"""Dependencies: what pyproject.toml names has a reason in the docs and a hash in a lock."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
LOCKS = sorted((ROOT / "requirements").glob("*.txt"))
EXTRAS = PROJECT["project"]["optional-dependencies"]

every_lock = pytest.mark.parametrize("lock", LOCKS, ids=lambda path: path.stem)


def names(requirements: list[str]) -> set[str]:
    return {re.match(r"[\w.-]+", line).group().lower() for line in requirements}


def locked(name: str) -> set[str]:
    text = (ROOT / "requirements" / f"{name}.txt").read_text("utf-8")
    return set(re.findall(r"^([\w.-]+)==", text, flags=re.MULTILINE))


BUILD = names(
    re.findall(r"^\w.*", (ROOT / "requirements/build.in").read_text("utf-8"), flags=re.MULTILINE)
)
CORE = names(PROJECT["project"]["dependencies"])


def test_every_dependency_has_its_reason_in_the_docs_and_no_reason_stands_there_for_nothing() -> (
    None
):
    page = (ROOT / "docs/dependencies.md").read_text("utf-8")

    explained = {
        name
        for line in re.findall(r"^- (`.*?): ", page, flags=re.MULTILINE)
        for name in re.findall(r"`([\w.-]+)`", line)
    }

    assert explained == CORE | BUILD | names([line for extra in EXTRAS.values() for line in extra])


def test_the_locks_hold_every_dependency() -> None:
    assert locked("report") >= CORE | BUILD
    assert locked("test") >= CORE | BUILD | names(
        EXTRAS["jupyter"] + EXTRAS["notify"] + EXTRAS["test"]
    )
    assert locked("spark") >= names(EXTRAS["spark"])


@every_lock
def test_a_lock_hashes_everything_and_names_no_host(lock: Path) -> None:
    text = lock.read_text("utf-8")

    pinned = re.findall(r"^[\w.-]+==.*(?:\n    --hash=.*)*", text, flags=re.MULTILINE)

    assert pinned
    assert [entry for entry in pinned if "--hash=sha256:" not in entry] == []
    assert re.findall(r"\w+://\S*|^\s*--(?!hash=).*", text, flags=re.MULTILINE) == []


def test_the_locks_agree_with_each_other() -> None:
    versions: dict[str, set[str]] = {}
    for name in ("test", "report", "spark"):
        text = (ROOT / "requirements" / f"{name}.txt").read_text("utf-8")
        found: dict[str, set[str]] = {}
        for package, version in re.findall(r"^([\w.-]+)==([\w.+!]+)", text, flags=re.MULTILINE):
            found.setdefault(package, set()).add(version)

        for package, pins in found.items():
            assert pins <= versions.setdefault(package, pins), f"{package} in {name}.txt"


def test_the_versions_in_the_package_and_in_its_metadata_agree() -> None:
    import scimlytics

    assert scimlytics.__version__ == PROJECT["project"]["version"]


def test_every_folder_with_code_is_a_package_or_the_floors_would_not_be_checked() -> None:
    folders = {path.parent for path in (ROOT / "scimlytics").rglob("*.py")}

    assert sorted(str(f) for f in folders if not (f / "__init__.py").exists()) == []
