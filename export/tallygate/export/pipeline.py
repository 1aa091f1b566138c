"""The export, whole: checkpoint -> graph -> variants -> parity gate -> bundle."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import onnx
import torch

from tallygate.export.bundle_writer import check_is_free, file_facts, write_bundle
from tallygate.export.card import CardOptions, model_card
from tallygate.export.goldens import goldens_to_jsonl, make_goldens, one_thread
from tallygate.export.graph import DEFAULT_OPSET, onnx_from_checkpoint
from tallygate.export.rounding import rounded_up
from tallygate.export.tokenizer_json import tokenizer_json
from tallygate.export.validation import load_validation
from tallygate.export.variants import DEFAULT_VARIANTS, VARIANTS, VariantRecipe
from tallygate.runtime.bundle import LAYOUT
from tallygate.runtime.manifest import SCHEMA, Manifest, Parity, Score, Variant, manifest_to_json
from tallygate.runtime.parity import Reference, check_parity, logits_of_rows, reference_from_goldens
from tallygate.runtime.parity_report import GateReport
from tallygate.runtime.text import Tokenizer
from tallygate.runtime.version import VERSION
from tallygate.train.checkpoint import Checkpoint
from tallygate.train.evaluation import score_from_logits


@dataclass(frozen=True)
class ExportOptions:
    """What can be chosen."""

    name: str
    """Name of the model."""
    opset: int = DEFAULT_OPSET
    data_dir: str | None = None
    """Where the files of the checkpoint's corpus are."""
    variants: Sequence[str] = DEFAULT_VARIANTS
    card: CardOptions = CardOptions()


@dataclass(frozen=True)
class VariantResult:
    """One variant and its verdicts."""

    recipe: VariantRecipe
    graph: onnx.ModelProto
    model: bytes
    """The ONNX file."""
    reports: list[GateReport]
    """One per engine."""
    accuracy: Score | None
    """On the validation data, where that is at hand."""

    @property
    def passed(self) -> bool:
        """Whether it passed its gate on every engine."""
        return all(report.passed for report in self.reports)


@dataclass(frozen=True)
class ExportResult:
    """What was made."""

    path: Path | None
    """Where the bundle is; ``None`` where no variant passed, so that none was written."""
    variants: list[VariantResult]
    files: dict[str, bytes]
    """The bundle's files; empty where none was written."""
    validation: str | None
    """Name of the validation data, ``None`` where only the goldens were at hand."""

    @property
    def passed(self) -> bool:
        """Whether every variant passed."""
        return all(variant.passed for variant in self.variants)


def export_bundle(checkpoint: Checkpoint, out: str | Path, options: ExportOptions) -> ExportResult:
    """Export, gate and write. A variant that fails its gate is left out; if all fail, nothing is written.

    Raises :class:`OutputError` when ``out`` exists or cannot be written, :class:`ExportError` when the graph breaks the
    graph contract, and the errors of :func:`load_validation`.
    """
    check_is_free(Path(out))
    graph = onnx_from_checkpoint(checkpoint, options.opset)
    with one_thread():
        validation = load_validation(checkpoint, options.data_dir)
    goldens = make_goldens(checkpoint)
    gate = _Gate(checkpoint, reference_from_goldens(goldens), validation)
    variants = [gate.try_variant(VARIANTS[name], graph) for name in options.variants]
    good = [variant for variant in variants if variant.passed]
    files = bundle_files(checkpoint, goldens_to_jsonl(goldens), good, options) if good else {}
    if files:
        write_bundle(out, files)
    return ExportResult(Path(out) if files else None, variants, files, validation.data if validation else None)
