"""``tallygate export``: checkpoint -> ONNX -> parity gate -> bundle."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tallygate.runtime.command import Command
from tallygate.runtime.terminal import notice

if TYPE_CHECKING:
    from tallygate.export.results import ExportResult
    from tallygate.train.folder import Checkpoint

SHIPPED = "imdb"
"""Name of the checkpoint that ships with the package."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add = parser.add_argument
    add("checkpoint", metavar="RUN", help="folder of a run, or imdb for the checkpoint that ships with tallygate")
    add("--out", required=True, metavar="BUNDLE", help="directory to make, or a name that ends in .zip")
    add("--force", action="store_true", help="overwrite the bundle that stands there; nothing else is overwritten")
    add("--name", help="name of the model (default: its corpus and preset)")
    target = parser.add_mutually_exclusive_group().add_argument
    target("--target-opset", type=int, metavar="N", help="ONNX opset to write (default: 18, which most runtimes read)")
    target("--target-ort", metavar="VERSION", help="write the newest opset that this onnxruntime reads, such as 1.20")
    add("--variants", metavar="P", help="precisions beside the default ones, such as fp16,bf16,int4,int8-dynamic")
    add("--streaming", action="store_true", help="add the fp32 graph with states in and out, for texts in pieces")
    add("--ort-format", metavar="DIR", help="write .ort files and what a reduced onnxruntime needs for them, too")
    add("--report", metavar="FILE.md", help="parity report to write (default: beside the bundle)")
    add("--with-rtx", metavar="T", help="build TensorRT-RTX plans into the bundle for these GPUs, such as sm86,sm89")
    add("--data-dir", metavar="DIR", help="where the IMDB files are (default: $TALLYGATE_IMDB)")
    add("--license", metavar="SPDX", help="license of the weights, for the model card")
    add("--language", metavar="CODE", help="language of the texts, for the model card")


def run(arguments: argparse.Namespace) -> int:
    """Export and print a summary; 1 when a variant failed its gate."""
    from tallygate.export.bundle import check_is_free
    from tallygate.export.parity import report_path
    from tallygate.export.pipeline import export_bundle
    from tallygate.export.results import ExportOptions

    variants = _variants(arguments.variants)
    options = ExportOptions(
        name=arguments.name,
        license=arguments.license,
        language=arguments.language,
        opset=_opset(arguments.target_opset, arguments.target_ort, variants),
        data_dir=arguments.data_dir,
        variants=variants,
        demanded=_names(arguments.variants),
        rtx_targets=arguments.with_rtx,
        streaming=arguments.streaming,
        force=arguments.force,
    )
    report = report_path(arguments.report, arguments.out)
    if arguments.ort_format is not None:
        check_is_free(Path(arguments.ort_format))
    result = export_bundle(named_checkpoint(arguments.checkpoint), arguments.out, options, _say)
    _write_report(result, report)
    _copy_curve(arguments.checkpoint, report.with_suffix(""))
    print(_summary(result))
    print(f"report     {report}")
    for variant in result.copies:
        for failure in (failure for report in variant.reports for failure in report.failures()):
            notice(f"not written: {failure}")
    for refusal in result.refusals.values():
        notice(f"not written: {refusal}")
    if arguments.ort_format is not None and result.path is not None:
        _write_ort_files(arguments.ort_format, result)
    return 0 if result.passed else 1


def named_checkpoint(name: str) -> Checkpoint:
    """The checkpoint in that folder, or the shipped one for ``imdb``."""
    from tallygate.train.folder import load_checkpoint

    return load_checkpoint(_folder(name))


def _folder(name: str) -> Path:
    from tallygate.train.folder import shipped_checkpoint

    return shipped_checkpoint() if name == SHIPPED else Path(name)


def _copy_curve(name: str, report: Path) -> None:
    """Put the training curve of a run, where it has one, into the folder of its parity report."""
    from tallygate.runtime.outputs import write_bytes
    from tallygate.train.folder import LAYOUT

    curve = _folder(name) / LAYOUT.curve
    if curve.is_file():
        write_bytes(report / LAYOUT.curve, curve.read_bytes())


def _write_report(result: ExportResult, page: Path) -> None:
    from tallygate.export.parity import ParityRun, write_parity_report
    from tallygate.runtime.parity import described

    title = f"Parity of {result.path.name}" if result.path else "Parity: no variant passed, so there is no bundle"
    facts = [
        "Every variant on every engine against PyTorch in float32, from raw text, at export:",
        f"{described(result.references)}, and the hard grid.",
        *_never_given(result),
    ]
    sizes = {variant.recipe.precision: len(variant.model) for variant in result.copies}
    runs = [run for variant in result.copies for run in variant.results]
    write_parity_report(page, ParityRun(title, facts, result.references, runs, sizes, result.by_length))


def _never_given(result: ExportResult) -> list[str]:
    """A line on labels that the reference gives to no text, where there are such."""
    never = result.labels_never_given
    if not never:
        return []
    count = f"{len(never)} label{'s' if len(never) > 1 else ''}"
    return [f"{count} that the model gives to none of these texts: {', '.join(never)}."]


def _write_ort_files(folder: str, result: ExportResult) -> None:
    from tallygate.export.bundle import write_ort_files
    from tallygate.runtime.bundle import open_bundle
    from tallygate.runtime.parity import table_of_reports

    reports = write_ort_files(folder, open_bundle(result.path), result)
    print(f"\n.ort       {folder}\n\n{table_of_reports(reports)}")


def _opset(opset: int | None, version: str | None, variants: Sequence[str]) -> int:
    from tallygate.export.graph import DEFAULT_OPSET, target_from_version

    if version is not None:
        target = target_from_version(version)
        target.check_variants(variants)
        return target.opset
    return DEFAULT_OPSET if opset is None else opset


def _variants(added: str | None) -> tuple[str, ...]:
    """The default precisions, and those that are asked for beside them."""
    from tallygate.export.variants import DEFAULT_VARIANTS, VARIANTS
    from tallygate.runtime.errors import UsageError

    wanted = (*DEFAULT_VARIANTS, *_names(added))
    for name in wanted:
        if name not in VARIANTS:
            raise UsageError(f"variant {name!r}", "is unknown", f"choose of {', '.join(VARIANTS)}")
    return tuple(dict.fromkeys(wanted))


def _names(listed: str | None) -> list[str]:
    return listed.split(",") if listed else []


def _say(step: str) -> None:
    if sys.stderr.isatty():
        print(f"export: {step} ...", file=sys.stderr)


def _summary(result: ExportResult) -> str:
    from tallygate.export.graph import node_count
    from tallygate.runtime.bundle import INTEGER
    from tallygate.runtime.parity import described, table_of_reports

    graphs = [
        f"image      {v.recipe.precision}: {len(v.model):,} bytes"
        if v.recipe.precision == INTEGER
        else f"graph      {v.recipe.precision}: {node_count(v.graph)} nodes, opset {v.graph.opset_import[0].version}, "
        f"{len(v.model):,} bytes"
        for v in result.copies
    ]
    scores = [
        f"accuracy   {v.recipe.precision}: {score.accuracy:.2%} on {score.rows:,} {score.data} validation texts"
        for v in result.copies
        if (score := v.accuracy)
    ]
    alone = " ONLY: the data that it was trained on is not at hand" if len(result.references) == 1 else ""
    data = [
        f"gated on   {described(result.references)}{alone}",
        *(f"note       {line}" for line in _never_given(result)),
    ]
    table = table_of_reports([report for variant in result.copies for report in variant.reports])
    end = f"bundle     {result.path} ({_size(result):,} bytes)" if result.path else "no bundle written"
    return "\n".join([*graphs, *scores, *data, "", table, "", end])


def _size(result: ExportResult) -> int:
    """Of the zip, or of the files in the directory."""
    assert result.path is not None
    return result.path.stat().st_size if result.path.is_file() else sum(map(len, result.files.values()))


COMMAND = Command(
    summary="export a checkpoint to ONNX, gate it, and write a bundle",
    add_arguments=add_arguments,
    run=run,
    extra="export",
    modules=("torch", "safetensors", "onnx", "onnxscript", "onnxruntime", "pyarrow", "pooch", "scipy", "sklearn"),
    examples=(
        "tallygate export runs/mails-auto --out mails.zip",
        "tallygate export runs/mails-auto --out mails.zip --force --variants fp16,int4",
        "tallygate export runs/mails-auto --out mails.zip --streaming",
    ),
)
