"""Pages of small bundles, and a browser that opens them from the disk and watches what they do."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

import msgspec
import numpy as np
import onnx
import pytest

from tests.runtime.conftest import ToyBundle
from tests.shared.make import FOLDER, TEXTS

pytest.importorskip("tallygate_native", reason="needs the C core: pip install ./runtime/tallygate-native")

from tallygate.runtime.bundle import INTEGER, open_bundle
from tallygate.runtime.errors import EngineUnavailableError
from tallygate.runtime.page import PageContents, Sources, contents_of, page_of, read_sources
from tallygate.runtime.page.document import document_of, parts_of
from tallygate.runtime.page.packing import Part, payload_of

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    Opener: TypeAlias = Callable[..., Page]

HOSTILE = "</script><script>alert(1)</script>&lt;\u2028{{payload}}\\u003c"


def integer_bundle(model: str, path: Path, labels: list[str], name: str = "toy", texts: Sequence[str] = TEXTS) -> Path:
    """A bundle whose integer variant is one of the shared images."""
    toy = ToyBundle()
    outputs = 1 if len(labels) == 2 else len(labels)
    lines = [{"text": text, "ids": [1], "logits": [0.0] * outputs} for text in texts]
    toy.files["golden.jsonl"] = "".join(f"{json.dumps(line)}\n" for line in lines).encode()
    toy.files["model.integer.bin"] = (FOLDER / f"{model}.integer.bin").read_bytes()
    variant = dict(toy.manifest["variants"]["fp32"])  # type: ignore[index]
    integer = variant | {"file": "model.integer.bin", "precision": "integer", "engines": ["native", "numpy"]}
    score = {"data": "toy", "split": "test", "rows": 1200, "accuracy": 0.5, "interval": [0.4, 0.6], "macro_f1": 0.5}
    toy.manifest |= {
        "labels": labels,
        "name": name,
        "variants": {"fp32": variant, "integer": integer | {"accuracy": score}},
    }
    toy.match_hashes()
    return toy.write_directory(path)


@pytest.fixture(scope="session")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """By the name of their image."""
    folder = tmp_path_factory.mktemp("bundles")
    return {
        "two-labels": integer_bundle("two-labels", folder / "two", ["no", "yes"]),
        "three-labels": integer_bundle(
            "three-labels", folder / "three", ["label 000", "label 001", "label 002"], HOSTILE
        ),
    }


@pytest.fixture(scope="session")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shipped bundle; with an integer variant made from its graph where it comes without one."""
    bundle = open_bundle()
    if INTEGER in bundle.manifest.variants:
        return bundle.path
    from tallygate.export.variants.integer import ImageFacts, integer_from_onnx

    manifest, texts = bundle.manifest, [golden.text for golden in bundle.goldens()]
    graph = onnx.load_from_string(bundle.read(manifest.variants["fp32"].file))
    vocabulary = bundle.tokenizer().vocabulary
    facts = ImageFacts(vocabulary, manifest.text, manifest.labels, manifest.temperatures.table, texts, [])
    files = {name: bundle.read(name) for name in manifest.files} | {
        "model.integer.bin": integer_from_onnx(graph, facts)
    }
    variant = msgspec.to_builtins(manifest.variants["fp32"]) | {"file": "model.integer.bin", "precision": INTEGER}
    toy = ToyBundle(list(manifest.labels))
    toy.files, toy.manifest = files, msgspec.to_builtins(manifest)
    toy.manifest["variants"] |= {INTEGER: variant | {"engines": ["native", "numpy"]}}  # type: ignore[operator]
    toy.match_hashes()
    return toy.write_directory(tmp_path_factory.mktemp("shipped") / "bundle")


@pytest.fixture(scope="session")
def sources() -> Sources:
    try:
        return read_sources()
    except EngineUnavailableError as error:
        pytest.skip(str(error))


@pytest.fixture(scope="session")
def contents(bundles: dict[str, Path]) -> PageContents:
    return contents_of(open_bundle(bundles["two-labels"]))


@pytest.fixture(scope="session")
def pages(bundles: dict[str, Path], sources: Sources, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The bundles' pages."""
    folder = tmp_path_factory.mktemp("pages")
    for name, bundle in bundles.items():
        page = page_of(contents_of(open_bundle(bundle)), sources)
        (folder / f"{name}.html").write_text(page, encoding="utf-8")
    return {name: folder / f"{name}.html" for name in bundles}


def altered_page(contents: PageContents, sources: Sources, name: str, data: bytes, *, told: bool) -> str:
    """The page with other bytes for one part; ``told`` says whether its facts know of it."""
    parts = parts_of(contents, sources)
    facts = [part.facts() for part in parts]
    changed = [_with_data(part, data) if part.name == name else part for part in parts]
    return document_of(contents, sources, [part.facts() for part in changed] if told else facts, payload_of(changed))


def _with_data(part: Part, data: bytes) -> Part:
    return Part(part.name, data, part.steps)


def bit_flipped(data: bytes, at: int) -> bytes:
    """One bit of one byte is the other way round."""
    flipped = np.frombuffer(data, np.uint8).copy()
    flipped[at] ^= 1 << at % 8
    return flipped.tobytes()


@pytest.fixture
def open_file(chromium: Browser) -> Iterator[Opener]:
    """Opens a page from the disk; afterwards it may have asked nothing of anybody, and told the console nothing."""
    faults: list[str] = []
    opened: list[Page] = []

    def open_with(path: Path, state: str = "proved", **options: Any) -> Page:  # noqa: ANN401
        page = chromium.new_context(accept_downloads=True, **options).new_page()
        page.set_default_timeout(30_000)
        page.on("console", lambda message: faults.append(message.text))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("request", lambda r: None if r.url in own or r.url.startswith("blob:null/") else faults.append(r.url))
        own = (path.as_uri(),)
        page.goto(path.as_uri())
        page.locator(f'html[data-state="{state}"]').wait_for(state="attached")
        opened.append(page)
        return page

    yield open_with
    for page in opened:
        page.context.close()
    assert faults == []


def answer_file(page: Page, path: Path) -> list[dict[str, str]]:
    """The rows of the download."""
    page.locator("#file").set_input_files(path)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download the answers").click()
    assert download.value.suggested_filename == f"{path.stem}-answers.csv"
    with Path(download.value.path()).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def write(path: Path, rows: list[list[str]]) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows(rows)
    return path
