"""The C core in WebAssembly beside onnxruntime-web, in node, on the same reviews and one thread each.

    TALLYGATE_IMDB=FOLDER taskset -c 0 python benchmarks/wasm_speed.py --ort FOLDER/node_modules/onnxruntime-web

``npm install onnxruntime-web`` in a folder of its own brings the peer; ``python runtime/tallygate-native/compiling.py
wasm`` makes our modules. onnxruntime-web runs the bundle's fp32 and int8 graphs by its own WebAssembly with SIMD on ids
that our tokenizer made, sorted by length in batches (the quickest of 1, 8 and 32 counts, each a run of its own); ours
is asked from raw text and from ids. Rounds are interleaved, figures are medians of processor time, which other work on
the machine does not change. Logits of the first 50 reviews are compared.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from tabulate import tabulate

from tallygate.runtime.bundle import INTEGER, open_bundle
from tallygate.runtime.engines.integer import read_image
from tallygate.train.corpora import load_corpus

ROOT = Path(__file__).parents[1]
SHIPPED = ROOT / "runtime" / "tallygate" / "runtime" / "models" / "imdb.zip"
TALLYGATE = ROOT / "runtime" / "tallygate-native" / "web" / "tallygate.js"
BATCHES = (1, 8, 32)
SEED = 7


def main() -> None:
    """Measure, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", type=Path, nargs="?", default=SHIPPED)
    parser.add_argument("--ort", type=Path, required=True, metavar="FOLDER", help="node_modules/onnxruntime-web")
    parser.add_argument("--reviews", type=int, default=200)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--out", type=Path, metavar="FILE.json")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        prepare(Path(temporary), arguments.bundle, arguments.reviews)
        runs = [measured(Path(temporary), arguments.ort, arguments.rounds, batch) for batch in BATCHES]
    ratios = [rows_of(run) for run in runs]
    for batch, run, rows in zip(BATCHES, runs, ratios, strict=True):
        print(f"onnxruntime-web {run['onnxruntime-web']} in batches of {batch}, node {run['node']}; logits part by")
        print({name: f"{value:.1e}" for name, value in run["differences"].items()})
        print(tabulate(rows, headers="keys", floatfmt=".2f"), end="\n\n")
    if arguments.out:
        arguments.out.write_text(json.dumps(dict(zip(map(str, BATCHES), runs, strict=True)), indent=2) + "\n")


def prepare(folder: Path, path: Path, count: int) -> None:
    """Texts, ids, image and graphs as files."""
    bundle = open_bundle(path)
    corpus = load_corpus("imdb")
    order = np.random.default_rng(SEED).permutation(len(corpus.test.texts))[:count]
    texts = [corpus.test.texts[place] for place in order]
    image = bundle.read(bundle.manifest.variants[INTEGER].file)
    tokenizer = read_image(image, path).tokenizer()
    (folder / "model.integer.bin").write_bytes(image)
    for precision in ("fp32", "int8"):
        (folder / f"{precision}.onnx").write_bytes(bundle.read(bundle.manifest.variants[precision].file))
    (folder / "texts.json").write_text(json.dumps(texts))
    (folder / "ids.json").write_text(json.dumps([tokenizer.encode(text) for text in texts]))


def measured(folder: Path, ort: Path, rounds: int, batch: int) -> dict[str, Any]:
    """One run of ``wasm_speed.mjs``."""
    module = ort.resolve() / "dist" / "ort.node.min.mjs"
    script = Path(__file__).with_suffix(".mjs")
    command = ["node", "--no-warnings", script, folder, module, TALLYGATE, str(rounds), str(batch)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def rows_of(run: dict[str, Any]) -> list[dict[str, object]]:
    """Figures, and how many times those of the peer's int8 and fp32."""
    figures = run["figures"]
    peers = {name: figures[f"onnxruntime-web {name}, ids"] for name in ("int8", "fp32")}
    return [
        {"contender": name, "texts/s": figure["texts_per_s"], "one text, ms": figure["one_ms"]}
        | {f"x {peer}": figure["texts_per_s"] / other["texts_per_s"] for peer, other in peers.items()}
        | {f"one, x {peer}": other["one_ms"] / figure["one_ms"] for peer, other in peers.items()}
        for name, figure in figures.items()
    ]


if __name__ == "__main__":
    main()
