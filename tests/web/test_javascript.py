"""``@tallygate/runtime``: its own tests, its types, and the package as a stranger installs it."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from tallygate.runtime.bundle import INTEGER, open_bundle
from tallygate.runtime.engines.integer import NativeEngine
from tallygate.train.corpora import load_corpus
from tests.shared.make import FOLDER

pytest.importorskip("tallygate_native", reason="needs the C core: pip install ./runtime/tallygate-native")

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).parents[2]
NATIVE = ROOT / "runtime" / "tallygate-native"
WEB = NATIVE / "web"
USE = """
import { readFileSync } from "node:fs";
import { load } from "@tallygate/runtime";
const [, , image, texts] = process.argv;
const classifier = await load(readFileSync(image));
const bits = classifier.logits(JSON.parse(readFileSync(texts, "utf8")));
console.log(JSON.stringify(Array.from(new BigUint64Array(bits.buffer), (b) => b.toString(16).padStart(16, "0"))));
"""
IMPORTS = """
const module = new WebAssembly.Module(require("fs").readFileSync(process.argv[1]));
console.log(WebAssembly.Module.imports(module).length);
"""
TYPES = """
import { load, type Prediction, TallygateError } from "@tallygate/runtime";
const classifier = await load(new Uint8Array());
const one: Prediction = classifier.predict("text");
const many: Prediction[] = classifier.predict(["text"], { abstainBelow: 0.5 });
const label: string | null = one.label;
// @ts-expect-error a label may be missing
const sure: string = many[0].label;
console.log(label, sure, TallygateError);
"""


def tool(name: str) -> str:
    """A program of npm: installed in the package's folder, or for the whole machine."""
    found = shutil.which(name, path=f"{WEB / 'node_modules' / '.bin'}{os.pathsep}{os.environ.get('PATH', '')}")
    if found is None:
        pytest.skip(f"needs {name}: npm install in {WEB.relative_to(ROOT)}")
    return found


def run(*command: str | Path, cwd: Path, **options: Any) -> str:  # noqa: ANN401
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
    return done.stdout


@pytest.fixture(scope="module")
def node(wasm: Path) -> str:
    """Node of a version that the package supports, and the WebAssembly beside it."""
    found = tool("node")
    version = run(found, "--version", cwd=ROOT)
    if int(version[1:].split(".")[0]) < 20:
        pytest.skip(f"needs node 20, not {version.strip()}")
    return found


@pytest.fixture(scope="module")
def tarball(node: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tarball")
    run(tool("npm"), "pack", "--silent", "--pack-destination", folder, cwd=WEB)
    return next(folder.glob("*.tgz"))


@pytest.fixture(scope="module")
def installed(tarball: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A clean folder into which the package was installed, without a network."""
    folder = tmp_path_factory.mktemp("installed")
    (folder / "package.json").write_text('{"type": "module", "private": true}')
    run(tool("npm"), "install", "--silent", "--offline", "--no-audit", "--no-fund", tarball, cwd=folder)
    (folder / "use.js").write_text(USE)
    return folder


def shared_rows(model: str) -> tuple[list[str], list[str]]:
    """Texts, and the bits of their logits."""
    rows = json.loads((FOLDER / f"{model}.json").read_text("ascii"))["rows"]
    return [row["text"] for row in rows], [bits for row in rows for bits in row["logits"]]


def test_its_own_tests_pass(node: str) -> None:
    told = run(node, "--test", cwd=WEB)
    assert "\n# fail 0\n" in told
    assert int(re.findall(r"^# pass (\d+)$", told, re.MULTILINE)[0]) > 70


def test_types_hold(node: str) -> None:
    run(tool("tsc"), "-p", ".", cwd=WEB)


def test_the_declarations_are_those_of_the_source(node: str, tmp_path: Path) -> None:
    pinned = json.loads((WEB / "package.json").read_text("utf-8"))["devDependencies"]["typescript"]
    if pinned not in run(tool("tsc"), "--version", cwd=WEB):
        pytest.skip(f"needs typescript {pinned}")
    run(tool("tsc"), "-p", "tsconfig.types.json", "--outDir", tmp_path, cwd=WEB)
    for kept in (WEB / "types" / "tallygate.d.ts", *(WEB / "types" / "src").glob("*.d.ts")):
        assert (tmp_path / kept.relative_to(WEB / "types")).read_text("utf-8") == kept.read_text("utf-8")
    assert sorted(path.name for path in tmp_path.glob("src/*")) == sorted(p.name for p in WEB.glob("types/src/*"))


@pytest.mark.parametrize("model", ["two-labels", "three-labels"])
def test_the_package_answers_in_a_clean_folder(node: str, installed: Path, model: str) -> None:
    texts, bits = shared_rows(model)
    (installed / "texts.json").write_text(json.dumps(texts), "utf-8")
    told = run(node, "use.js", FOLDER / f"{model}.integer.bin", "texts.json", cwd=installed)
    assert json.loads(told) == bits


@pytest.mark.imdb
def test_the_package_has_pythons_logits_of_2000_reviews_to_the_last_bit(
    node: str, installed: Path, shipped: Path, imdb_dir: Path, tmp_path: Path
) -> None:
    bundle = open_bundle(shipped)
    corpus = load_corpus("imdb", data_dir=imdb_dir)
    texts = (corpus.validation.texts + corpus.train.texts)[:2000]
    image = bundle.read(bundle.manifest.variants[INTEGER].file)
    (tmp_path / "model.integer.bin").write_bytes(image)
    (tmp_path / "texts.json").write_text(json.dumps(texts), "utf-8")
    told = run(node, "use.js", tmp_path / "model.integer.bin", tmp_path / "texts.json", cwd=installed)
    logits, _ = NativeEngine(image).run_texts(texts)
    assert json.loads(told) == [f"{bits:016x}" for bits in logits.reshape(-1).view(np.uint64).tolist()]


def test_any_text_has_pythons_logits_to_the_last_bit(node: str, installed: Path, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    alphabets = ["good bad'\u2019 <br/>!?.,", "".join(map(chr, range(0x250))), "".join(map(chr, range(0x300, 0x2100)))]
    texts = ["".join(rng.choice(list(alphabets[i % 3]), rng.integers(0, 300))) for i in range(300)]
    texts += [chr(code) + "a" + chr(code) + chr(code ^ 1) for code in rng.integers(0, 0x110000, 1500).tolist()]
    (tmp_path / "texts.json").write_text(json.dumps(texts), "ascii")
    for model in ("two-labels", "three-labels"):
        told = run(node, "use.js", FOLDER / f"{model}.integer.bin", tmp_path / "texts.json", cwd=installed)
        logits, _ = NativeEngine((FOLDER / f"{model}.integer.bin").read_bytes()).run_texts(texts)
        assert json.loads(told) == [f"{bits:016x}" for bits in logits.reshape(-1).view(np.uint64).tolist()]


def test_the_package_holds_what_it_needs_and_nothing_else(installed: Path) -> None:
    package = installed / "node_modules" / "@tallygate" / "runtime"
    names = {str(path.relative_to(package)) for path in package.rglob("*") if path.is_file()}
    parts = ["classifier", "core", "errors", "load", "model", "prediction", "stream", "text"]
    assert names == {
        "README.md", "package.json", "tallygate.js", "types/tallygate.d.ts", "wasm/scalar.js", "wasm/simd128.js",
        *(f"src/{part}.js" for part in parts), *(f"types/src/{part}.d.ts" for part in parts),
    }  # fmt: skip
    assert "dependencies" not in json.loads((package / "package.json").read_text("utf-8"))


def test_the_package_answers_in_deno(installed: Path) -> None:
    texts, bits = shared_rows("two-labels")
    (installed / "texts.json").write_text(json.dumps(texts), "utf-8")
    told = run(
        tool("deno"), "run", "--allow-read", "--node-modules-dir=manual", "use.js", FOLDER / "two-labels.integer.bin",
        "texts.json", cwd=installed,
        env={**os.environ, "DENO_NO_UPDATE_CHECK": "1", "DENO_DIR": str(installed / "deno")},
    )  # fmt: skip
    assert json.loads(told) == bits


def test_its_types_are_seen_by_those_who_install_it(installed: Path) -> None:
    (installed / "use.ts").write_text(TYPES)
    flags = ["--strict", "--noEmit", "--target", "es2022", "--module", "nodenext", "--lib", "es2022,dom"]
    run(tool("tsc"), "use.ts", *flags, cwd=installed)


@pytest.fixture
def bundled(installed: Path, tmp_path: Path) -> Path:
    """The example of a bundler, bundled."""
    folder = tmp_path / "example"
    shutil.copytree(ROOT / "examples" / "web", folder, ignore=shutil.ignore_patterns("node_modules", "dist"))
    shutil.copytree(installed / "node_modules", folder / "node_modules")
    esbuild = Path(tool("esbuild"))
    scripts = json.loads((folder / "package.json").read_text("utf-8"))["scripts"]
    path = f"{esbuild.parent}{os.pathsep}{os.environ['PATH']}"
    run("sh", "-c", scripts["build"], cwd=folder, env={**os.environ, "PATH": path})
    shutil.copy(FOLDER / "two-labels.integer.bin", folder / "dist" / "model.integer.bin")
    return folder / "dist"


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def served(bundled: Path) -> Iterator[str]:
    """Where the bundled example is served."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(bundled))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
        thread.join()


def test_the_example_with_a_bundler_answers_in_a_browser(served: str, chromium: Browser) -> None:
    faults: list[str] = []
    page = chromium.new_page()
    page.on("console", lambda message: faults.append(message.text))
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.goto(served)
    page.locator("textarea:enabled").fill("good good bad")
    page.locator("output").filter(has_text="% sure").wait_for()
    page.close()
    assert faults == []


def test_the_webassembly_is_reproducible_and_asks_for_nothing(node: str, tmp_path: Path) -> None:
    pytest.importorskip("ziglang", reason="needs ziglang: pip install ziglang")
    for name in ("one", "another longer folder"):
        run(sys.executable, NATIVE / "compiling.py", "wasm", tmp_path / name, cwd=tmp_path)
    for module in ("simd128", "scalar"):
        one = (tmp_path / "one" / f"{module}.wasm").read_bytes()
        assert one == (tmp_path / "another longer folder" / f"{module}.wasm").read_bytes()
        assert run(node, "-e", IMPORTS, tmp_path / "one" / f"{module}.wasm", cwd=tmp_path) == "0\n"
