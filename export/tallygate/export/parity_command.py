"""``tallygate parity``: a whole bundle against its checkpoint on a split of real data, as a report."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tallygate.runtime.command import Command
from tallygate.runtime.commands.options import add_bundle_options, bundle_from
from tallygate.runtime.terminal import notice

if TYPE_CHECKING:
    from tallygate.export.parity import ParityRun
    from tallygate.runtime.bundle import Bundle
    from tallygate.runtime.engines import Engine
    from tallygate.runtime.parity import Reference
    from tallygate.train.folder import Checkpoint
    from tallygate.train.scores import LengthBand


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add = parser.add_argument
    add("checkpoint", metavar="RUN", help="folder of a run, or imdb for the checkpoint that ships with tallygate")
    add_bundle_options(parser)
    add(
        "--split",
        choices=("validation", "test"),
        default="validation",
        help="texts to compare on (default: validation)",
    )
    add("--data-dir", metavar="DIR", help="where the IMDB files are (default: $TALLYGATE_IMDB)")
    add(
        "--report",
        required=True,
        metavar="FILE.md",
        help="page to write; its pictures and figures go in a folder beside",
    )


def run(arguments: argparse.Namespace) -> int:
    """Compare every variant on every engine that is here, write the report; 1 when a gate fails."""
    from tallygate.export.command import named_checkpoint
    from tallygate.export.parity import page_path, write_parity_report
    from tallygate.export.references import bands_of, load_split, one_thread
    from tallygate.runtime.parity import table_of_reports

    page, bundle, checkpoint = (
        page_path(arguments.report),
        bundle_from(arguments),
        named_checkpoint(arguments.checkpoint),
    )
    _check_belong_together(bundle, checkpoint)
    with one_thread():
        data = load_split(checkpoint, arguments.split, arguments.data_dir)
        by_length = bands_of(checkpoint, [data])
        compared = _compare(bundle, data, by_length)
    write_parity_report(page, compared)
    reports = [result.report for result in compared.results]
    print(f"{bundle.path}: goldens, the hard grid and {data.data}\n\n{table_of_reports(reports)}\n\nreport     {page}")
    for failure in (failure for report in reports for failure in report.failures()):
        notice(f"{bundle.path}: {failure}")
    return 0 if all(report.passed for report in reports) else 1


def _check_belong_together(bundle: Bundle, checkpoint: Checkpoint) -> None:
    from tallygate.runtime.errors import UsageError

    manifest = bundle.manifest
    if (manifest.training, manifest.text, tuple(manifest.labels)) != (
        checkpoint.training,
        checkpoint.text,
        checkpoint.labels,
    ):
        raise UsageError(bundle.path, "was not made from that checkpoint", "name the run that it was exported from")


def _compare(bundle: Bundle, data: Reference, by_length: Sequence[LengthBand]) -> ParityRun:
    from tallygate.export.parity import ParityRun
    from tallygate.runtime.parity import measure_parity, reference_from_bundle

    goldens, tokenizer, manifest = reference_from_bundle(bundle), bundle.tokenizer(), bundle.manifest
    results = [measure_parity(engine, tokenizer, goldens, [data]) for engine in _engines(bundle)]
    sizes = {name: manifest.files[variant.file].size for name, variant in manifest.variants.items()}
    return ParityRun(f"Parity of {manifest.name}", _facts(bundle, data), [goldens, data], results, sizes, by_length)


def _engines(bundle: Bundle) -> list[Engine]:
    from tallygate.runtime.engines import available_engines, create_engine

    here = available_engines()
    pairs = [(engine, name) for name, variant in bundle.manifest.variants.items() for engine in variant.engines]
    return [create_engine(bundle, engine, name) for engine, name in pairs if engine in here]


def _facts(bundle: Bundle, data: Reference) -> list[str]:
    from importlib.metadata import version

    from tallygate.runtime.version import VERSION

    versions = ", ".join(f"{name} {version(name)}" for name in ("torch", "onnxruntime", "numpy"))
    return [
        "Every variant on every engine against PyTorch in float32, from raw text: on the bundle's goldens, on the hard",
        f"grid made of them, and on all {len(data.texts):,} texts of {data.data}.",
        "",
        f"Bundle `{bundle.path.name}`, {_size(bundle):,} bytes, sha256 of `bundle.json` `{bundle.sha256}`.",
        f"Measured by `tallygate parity` of tallygate {VERSION} with {versions}.",
    ]


def _size(bundle: Bundle) -> int:
    """Bytes of the zip, or of all files of a directory."""
    path = bundle.path
    return sum(file.stat().st_size for file in path.iterdir()) if path.is_dir() else path.stat().st_size


COMMAND = Command(
    summary="compare a bundle with its checkpoint on validation or test data, and write a report",
    add_arguments=add_arguments,
    run=run,
    extra="export",
    modules=("torch", "safetensors", "onnxruntime", "pyarrow", "pooch", "scipy", "sklearn", "matplotlib"),
    examples=(
        "tallygate parity runs/mails-auto mails.zip --report mails.validation.md",
        "tallygate parity runs/mails-auto mails.zip --split test --report mails.test.md",
    ),
)
