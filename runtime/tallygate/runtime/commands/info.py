"""``tallygate info``: what a bundle is, where it came from and what it scored."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from tallygate.runtime.command import Command
from tallygate.runtime.commands.options import add_bundle_options, bundle_from
from tallygate.runtime.outputs import json_bytes
from tallygate.runtime.terminal import printable_json, table

if TYPE_CHECKING:
    from tallygate.runtime.bundle import Bundle, Manifest
    from tallygate.runtime.graph import OnnxFile
    from tallygate.runtime.ngrams import NgramShape


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_bundle_options(parser)
    parser.add_argument("--json", action="store_true", help="print the manifest, the path and the sha256 as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Check the bundle and print."""
    bundle = bundle_from(arguments)
    sys.stdout.write(_json(bundle) if arguments.json else _text(bundle))
    return 0


def _json(bundle: Bundle) -> str:
    import msgspec

    facts = {
        "path": str(bundle.path.resolve()),
        "sha256": bundle.sha256,
        "manifest": msgspec.to_builtins(bundle.manifest),
    }
    return printable_json(json_bytes(facts).decode("utf-8"))


def _text(bundle: Bundle) -> str:
    facts = table(_facts(bundle), style="plain")
    headers = ["variant", "bytes", "engine", "rows", "max logit difference", "label flips", "accuracy"]
    variants = table(_variant_rows(bundle.manifest), headers)
    return f"{facts}\n\n{variants}\n"


def _facts(bundle: Bundle) -> list[tuple[str, str]]:
    m = bundle.manifest
    parts = m.training.parameters
    counts = " + ".join(f"{count:,} {part}" for part, count in parts.items())
    cut = f"{m.text.keep} {m.text.max_length} tokens"
    return [
        ("bundle", str(bundle.path)),
        ("sha256", bundle.sha256),
        ("name", m.name),
        ("labels", ", ".join(m.labels)),
        ("network", _network(bundle)),
        ("parameters", f"{sum(parts.values()):,} = {counts}"),
        ("text", f"{cut}; {m.vocabulary_rows:,} vocabulary rows"),
        ("trained on", f"{m.training.data}, preset {m.training.preset}, seed {m.training.seed}"),
        *(
            (f"{s.split} accuracy", f"{s.accuracy:.2%} ({_interval(s.interval)}), {s.rows:,} rows")
            for s in m.training.scores
        ),
        ("written by", f"tallygate {m.created_with}"),
    ]


def _network(bundle: Bundle) -> str:
    """What the default variant's graph says of itself, once it is held to that."""
    from tallygate.runtime.bundle import INTEGER
    from tallygate.runtime.graph import checked_graph

    name = next((name for name in bundle.manifest.variants if name != INTEGER), None)
    if name is None:
        return "in integers alone"
    graph = checked_graph(bundle.read(bundle.manifest.variants[name].file), f"variant {name}")
    told, units = graph.architecture, graph.sizes.hidden_size
    layers = f"{told.layers} LSTM layers" if told.layers > 1 else "one LSTM layer"
    ways = "read from both ends" if told.bidirectional else "read forward"
    beside = _beside(graph.file, told.ngrams)
    floor = f" over at least {told.pooling_floor} words" if told.pooling_floor > 1 else ""
    return f"{layers} of {units} units, {ways}; {told.pooling} of the states{floor}{beside}"


def _beside(file: OnnxFile, shape: NgramShape | None) -> str:
    """The n-gram part: what it counts, and its bytes in this graph."""
    if shape is None:
        return ""
    codes = file.tensors["ngrams.codes"].array()
    kept = int(codes[-shape.slots :].any(axis=1).sum())
    size = sum(len(tensor.raw) for name, tensor in file.tensors.items() if name.startswith("ngrams."))
    words = f"{len(codes) - shape.slots - 2:,} words and {kept:,} n-grams of up to {shape.longest} words"
    return f"; beside it {words} in {size:,} bytes"


def _interval(interval: tuple[float, float]) -> str:
    return f"95% interval {interval[0]:.2%} to {interval[1]:.2%}"


def _variant_rows(manifest: Manifest) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = []
    for name, variant in manifest.variants.items():
        size = f"{manifest.files[variant.file].size:,}"
        accuracy = f"{variant.accuracy.accuracy:.2%}" if variant.accuracy else "-"
        for engine, parity in variant.parity.items():
            figures = (f"{parity.rows:,}", f"{parity.max_logit_difference:.1e}", str(parity.label_flips))
            rows.append((name, size, engine, *figures, accuracy))
    if streaming := manifest.streaming:
        size = f"{manifest.files[streaming.file].size:,}"
        for engine, parity in streaming.parity.items():
            figures = (f"{parity.rows:,}", f"{parity.max_logit_difference:.1e}", str(parity.label_flips))
            rows.append(("streaming", size, engine, *figures, "-"))
    return rows


COMMAND = Command(
    "show what a bundle is and what it scored",
    add_arguments,
    run,
    examples=(
        "tallygate info",
        "tallygate info reviews.zip",
        "tallygate info reviews.zip --json",
    ),
)
