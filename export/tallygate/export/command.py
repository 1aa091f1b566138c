"""``tallygate export``: checkpoint -> ONNX -> parity gate -> bundle."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from tallygate.runtime.command import Command

if TYPE_CHECKING:
    from tallygate.export.results import ExportResult
    from tallygate.train.checkpoint import Checkpoint

SHIPPED = "imdb"
"""Name of the checkpoint that ships with the package."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add = parser.add_argument
    add("checkpoint", metavar="RUN", help="folder of a run, or imdb for the checkpoint that ships with tallygate")
    add("--out", required=True, metavar="BUNDLE", help="directory to make, or a name that ends in .zip")
    add("--name", help="name of the model (default: its corpus and preset)")
    add("--target-opset", type=int, metavar="N", help="ONNX opset to write (default: 18, which most runtimes read)")
    add("--data-dir", metavar="DIR", help="where the IMDB files are (default: $TALLYGATE_IMDB)")
    add("--license", metavar="SPDX", help="license of the weights, for the model card")
    add("--language", metavar="CODE", help="language of the texts, for the model card")


def run(arguments: argparse.Namespace) -> int:
    """Export and print a summary; 1 when a variant failed its gate."""
    from tallygate.export.graph import DEFAULT_OPSET
    from tallygate.export.pipeline import export_bundle
    from tallygate.export.results import ExportOptions

    options = ExportOptions(
        name=arguments.name,
        license=arguments.license,
        language=arguments.language,
        opset=DEFAULT_OPSET if arguments.target_opset is None else arguments.target_opset,
        data_dir=arguments.data_dir,
    )
    result = export_bundle(_checkpoint(arguments.checkpoint), arguments.out, options, _say)
    print(_summary(result))
    for variant in result.variants:
        for failure in (failure for report in variant.reports for failure in report.failures()):
            print(f"tallygate: not written: {failure}", file=sys.stderr)
    return 0 if result.passed else 1


def _checkpoint(name: str) -> Checkpoint:
    from tallygate.train.checkpoint import load_checkpoint, shipped_checkpoint

    return load_checkpoint(shipped_checkpoint() if name == SHIPPED else name)


def _say(step: str) -> None:
    if sys.stderr.isatty():
        print(f"export: {step} ...", file=sys.stderr)


def _summary(result: ExportResult) -> str:
    from tallygate.export.graph import node_count
    from tallygate.runtime.parity_report import table_of_reports

    graphs = [
        f"graph      {v.recipe.precision}: {node_count(v.graph)} nodes, opset {v.graph.opset_import[0].version}, "
        f"{len(v.model):,} bytes"
        for v in result.variants
    ]
    scores = [
        f"accuracy   {v.recipe.precision}: {v.accuracy.accuracy:.2%} on {result.validation} ({v.accuracy.rows:,} rows)"
        for v in result.variants
        if v.accuracy
    ]
    data = (
        f"goldens and {result.validation}" if result.validation else "goldens ONLY: the validation data is not at hand"
    )
    table = table_of_reports([report for variant in result.variants for report in variant.reports])
    size = sum(map(len, result.files.values()))
    end = (
        f"bundle     {result.path} ({size:,} bytes in {len(result.files)} files)"
        if result.path
        else "no bundle written"
    )
    return "\n".join([*graphs, *scores, f"gated on   {data}", "", table, "", end])


COMMAND = Command(
    summary="export a checkpoint to ONNX, gate it, and write a bundle",
    add_arguments=add_arguments,
    run=run,
    extra="export",
    modules=("torch", "safetensors", "onnx", "onnxscript", "onnxruntime", "pyarrow", "pooch", "scipy", "sklearn"),
)
