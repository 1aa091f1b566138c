"""The page served on this machine, and a browser that watches what it does."""

from __future__ import annotations

import csv
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import pytest

from tallygate.demo.command import QUIET

os.environ.update(QUIET)

pytest.importorskip("gradio", reason="needs the extra [demo]")

from tallygate.demo.app import build_app
from tallygate.demo.copies import Copies
from tallygate.demo.examples import FILMS
from tallygate.demo.server import serve, stop
from tallygate.demo.workspace import Workspace
from tallygate.runtime.bundle.reader import open_bundle
from tests.runtime.conftest import ToyBundle

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    Opener: TypeAlias = Callable[..., Page]


@pytest.fixture(scope="session")
def bundle_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A bundle of the labels bad and good that knows six words and reads the last eight of a text."""
    return ToyBundle().write_directory(tmp_path_factory.mktemp("bundles") / "toy")


@pytest.fixture(scope="session")
def copies(bundle_path: Path) -> Copies:
    return Copies(open_bundle(bundle_path))


@pytest.fixture(scope="session")
def workspace() -> Iterator[Workspace]:
    """Where the visitors' files are."""
    with Workspace() as workspace:
        yield workspace


@pytest.fixture(scope="session")
def address(bundle_path: Path, workspace: Workspace) -> Iterator[str]:
    """Where the page is served, with examples about films."""
    app = build_app(open_bundle(bundle_path), workspace, examples=FILMS)
    yield serve(app, workspace)
    stop(app)


def _watched(chromium: Browser, address: str, faults: list[str], **options: Any) -> Page:  # noqa: ANN401
    page = chromium.new_context(accept_downloads=True, **options).new_page()
    page.set_default_timeout(30_000)
    page.on("console", lambda message: faults.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: faults.append(str(error)))
    local = (address, "data:", "blob:")
    page.on("request", lambda r: None if r.url.startswith(local) else faults.append(f"asked {r.url}"))
    page.goto(address)
    page.get_by_test_id("label").wait_for()
    return page


@pytest.fixture
def open_page(chromium: Browser, address: str) -> Iterator[Opener]:
    """Opens the page, or that at another ``address``, with the options of a browser context.

    Afterwards nothing may have gone wrong or left.
    """
    faults: list[str] = []
    pages = []

    def open_with(address: str = address, **options: Any) -> Page:  # noqa: ANN401
        pages.append(_watched(chromium, address, faults, **options))
        return pages[-1]

    yield open_with
    for page in pages:
        page.context.close()
    assert faults == []


@pytest.fixture
def page(open_page: Opener) -> Page:
    """The page on a wide screen."""
    return open_page(viewport={"width": 1280, "height": 900})


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    """10,000 rows."""
    texts = [f"{'very ' * (i % 7)}{'good' if i % 3 else 'bad'} film number {i}" for i in range(10_000)]
    path = tmp_path / "rows.csv"
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "review"])
        writer.writerows(enumerate(texts))
    return path
