"""Backends by name."""

import tomllib
from importlib.metadata import EntryPoint, EntryPoints
from pathlib import Path

import pytest

from weftwork.config import backends
from weftwork.config.backends import BUILT_IN, GROUP, backend_names, check_backend, make_backend
from weftwork.engine.directory import SessionDirectory
from weftwork.engine.ports import Backend, BackendSettings
from weftwork.engine.site import Site
from weftwork.errors import BackendError, DuplicateKeyError, ProtocolError, UsageError
from weftwork.testing.clocks import JumpClock
from weftwork.testing.fakes import ScriptedBackend

PYPROJECT = Path(__file__).parents[2] / "pyproject.toml"


@pytest.fixture
def site() -> Site:
    return Site(BackendSettings(), JumpClock(), SessionDirectory())


def scripted(site: Site) -> Backend:
    assert isinstance(site, Site)
    return ScriptedBackend()


not_callable = 7


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    values = {
        "scripted": "config.test_backends:scripted",
        "broken": "no_such_package_anywhere:factory",
        "number": "config.test_backends:not_callable",
    }
    points = [EntryPoint(name, value, GROUP) for name, value in values.items()]
    put(monkeypatch, points)


def put(monkeypatch: pytest.MonkeyPatch, points: list[EntryPoint]) -> None:
    def entry_points(group: str) -> EntryPoints:
        return EntryPoints(points).select(group=group)

    monkeypatch.setattr("importlib.metadata.entry_points", entry_points)


def test_the_built_in_ones_are_this_packages_entry_points() -> None:
    project = tomllib.loads(PYPROJECT.read_text())["project"]
    assert project["entry-points"][GROUP] == BUILT_IN


@pytest.mark.parametrize("name", sorted(BUILT_IN))
def test_every_built_in_one_can_be_made(name: str, site: Site) -> None:
    assert make_backend(name, site).name == name


@pytest.mark.usefixtures("installed")
def test_installed_ones_are_found_by_entry_point(site: Site) -> None:
    assert isinstance(make_backend("scripted", site), ScriptedBackend)
    assert set(backend_names()) == {*BUILT_IN, "scripted", "broken", "number"}


@pytest.mark.parametrize(
    ("name", "nearest"), [("thread", "'threads'"), ("Inline", "'inline'"), ("scriptd", "scripted")]
)
@pytest.mark.usefixtures("installed")
def test_an_unknown_name_is_answered_by_the_nearest(name: str, nearest: str) -> None:
    with pytest.raises(UsageError, match=nearest):
        check_backend(name)


@pytest.mark.usefixtures("installed")
def test_a_package_that_cannot_be_imported_is_named_with_the_reason(site: Site) -> None:
    with pytest.raises(BackendError, match=r"'broken'.*no_such_package_anywhere") as caught:
        make_backend("broken", site)
    assert isinstance(caught.value.__cause__, ModuleNotFoundError)


@pytest.mark.usefixtures("installed")
def test_an_entry_point_that_is_no_function_is_refused(site: Site) -> None:
    with pytest.raises(ProtocolError, match="expected a function"):
        make_backend("number", site)


def test_two_packages_with_one_name_are_both_named(monkeypatch: pytest.MonkeyPatch) -> None:
    put(monkeypatch, [EntryPoint("mine", f"{package}:make", GROUP) for package in ("one", "two")])
    with pytest.raises(DuplicateKeyError, match="one:make and two:make"):
        backend_names()


def test_the_built_in_ones_are_checked_without_reading_entry_points(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(group: str) -> EntryPoints:
        raise AssertionError(group)

    monkeypatch.setattr("importlib.metadata.entry_points", refuse)
    for name in BUILT_IN:
        backends.check_backend(name)
