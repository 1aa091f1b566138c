"""``tallygate verify``: the parity gate again, here, on this machine."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from tallygate.runtime.command import Command
from tallygate.runtime.commands.options import add_bundle_options, add_kernel_option, bundle_from
from tallygate.runtime.outputs import json_bytes
from tallygate.runtime.terminal import notice, printable, printable_json

if TYPE_CHECKING:
    from tallygate.runtime.bundle import Bundle
    from tallygate.runtime.engines import Engine
    from tallygate.runtime.parity import GateReport


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_bundle_options(parser)
    parser.add_argument("--engine", default="auto", metavar="E", help="only this engine (default: all that are here)")
    parser.add_argument("--precision", metavar="P", help="only this variant, or streaming (default: all of the bundle)")
    add_kernel_option(parser)
    parser.add_argument("--json", action="store_true", help="print every check as JSON")


def run(arguments: argparse.Namespace) -> int:
    """Check every variant on every engine; 1 when a gate fails."""
    from tallygate.runtime.engines import copy_name
    from tallygate.runtime.parity import check_parity, reference_from_bundle

    bundle = bundle_from(arguments)
    tokenizer, goldens = bundle.tokenizer(), reference_from_bundle(bundle)
    engines = _engines(bundle, arguments.engine, arguments.precision, arguments.kernel)
    reports = [check_parity(engine, tokenizer, goldens) for engine in engines]
    hashes, parted = _golden_logits(engines)
    names = {engine.provider: copy_name(engine.precision, engine.name, engine.provider) for engine in engines}
    failures = [failure for report in reports for failure in report.failures()] + parted
    failures += _unequal({names[kernel]: value for kernel, value in hashes.items()})
    write = _json if arguments.json else _text
    sys.stdout.write(write(bundle, reports, hashes, not failures))
    for failure in failures:
        notice(f"{bundle.path}: {failure}")
    return 1 if failures else 0


def _golden_logits(engines: list[Engine]) -> tuple[dict[str, str], list[str]]:
    """By kernel: the hash of its golden logits; and where each of the others parts from the specification."""
    from tallygate.runtime.engines import ImageEngine
    from tallygate.runtime.errors import GateError

    hashes, parted = {}, []
    for engine in engines:
        if isinstance(engine, ImageEngine):
            try:
                hashes[engine.provider] = engine.answers_of_goldens()
            except GateError as error:
                parted.append(f"{error.thing} {error.reason}; {error.mend}")
    return hashes, parted


def _unequal(hashes: dict[str, str]) -> list[str]:
    """The copies do not all give the same golden logits: each is told, by its name."""
    if len(set(hashes.values())) < 2:
        return []
    return [f"{name} gives other golden logits than another copy" for name in hashes]


def _engines(bundle: Bundle, engine: str, precision: str | None, kernel: str | None) -> list[Engine]:
    """One engine per variant that was asked for; ``auto`` stands for every engine that this machine has."""
    from tallygate.runtime.engines import available_engines, create_engine, engine_of_kernel

    engine = engine_of_kernel(engine, kernel)
    names = available_engines() if engine == "auto" else [engine]
    pairs = [
        (name, variant_name)
        for variant_name, variant in bundle.manifest.variants.items()
        for name in names
        if variant.runs_on(name) and precision in (None, variant_name)
    ]
    streaming = _streaming(bundle, names, precision)
    if not pairs and not streaming:
        return [create_engine(bundle, engine, precision)]
    made = [made for name, variant_name in pairs for made in _every_kernel(bundle, name, variant_name, kernel)]
    return [*made, *streaming]


def _streaming(bundle: Bundle, names: list[str], precision: str | None) -> list[Engine]:
    """The streaming graph, where the bundle holds one and onnxruntime is here: it is asked in pieces, with pauses."""
    from tallygate.runtime.engines import create_streaming_engine

    if not bundle.manifest.streaming or "onnxruntime" not in names or precision not in (None, "streaming"):
        return []
    return [create_streaming_engine(bundle, bundle.tokenizer())]


def _every_kernel(bundle: Bundle, name: str, variant_name: str, kernel: str | None) -> list[Engine]:
    """The C core has an engine for each kernel that this machine can run, or for the one that was named."""
    from tallygate.runtime.engines import create_engine

    if name != "native":
        return [create_engine(bundle, name, variant_name)]
    from tallygate.runtime.engines.integer import NativeEngine, native_engines

    image = bundle.read(bundle.manifest.variants[variant_name].file)
    return [NativeEngine(image, kernel)] if kernel is not None else [*native_engines(image)]


def _json(bundle: Bundle, reports: list[GateReport], hashes: dict[str, str], passed: bool) -> str:
    import msgspec

    facts = {
        "path": str(bundle.path.resolve()),
        "sha256": bundle.sha256,
        "passed": passed,
        "golden_logits": hashes,
        "reports": [msgspec.to_builtins(report) | {"passed": report.passed} for report in reports],
    }
    return printable_json(json_bytes(facts).decode("utf-8"))


def _text(bundle: Bundle, reports: list[GateReport], hashes: dict[str, str], passed: bool) -> str:
    from tallygate.runtime.parity import table_of_reports

    verdict = "every gate passed" if passed else "a gate failed"
    title = printable(f"{bundle.path}: {bundle.manifest.name}, goldens and the hard grid")
    same = "".join(f"sha256 of the golden logits, {kernel}: {value}\n" for kernel, value in hashes.items())
    return f"{title}\n\n{table_of_reports(reports)}\n\n{same}{verdict}\n"


COMMAND = Command(
    "check parity with PyTorch again, here, on this machine",
    add_arguments,
    run,
    examples=(
        "tallygate verify reviews.zip",
        "tallygate verify reviews.zip --engine onnxruntime --precision int8",
        "tallygate verify reviews.zip --json > parity.json",
    ),
)
