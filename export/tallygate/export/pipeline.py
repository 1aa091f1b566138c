"""The export, whole: checkpoint -> graph -> variants -> parity gate -> bundle."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import onnx
import torch

from tallygate.export.bundle_files import bundle_files
from tallygate.export.bundle_writer import check_is_free, write_bundle
from tallygate.export.goldens import goldens_to_jsonl, make_goldens, one_thread
from tallygate.export.graph import check_opset, onnx_from_checkpoint
from tallygate.export.results import ExportOptions, ExportResult, VariantResult
from tallygate.export.validation import load_validation
from tallygate.export.variants import VARIANTS, VariantRecipe
from tallygate.runtime.engines import Engine
from tallygate.runtime.manifest import Score
from tallygate.runtime.parity import Reference, check_parity, logits_of_rows, reference_from_goldens
from tallygate.runtime.text import Tokenizer
from tallygate.train.checkpoint import Checkpoint
from tallygate.train.evaluation import score_from_logits


def _silent(_step: str) -> None:
    pass


def export_bundle(
    checkpoint: Checkpoint, out: str | Path, options: ExportOptions, say: Callable[[str], None] = _silent
) -> ExportResult:
    """Export, gate and write. A variant that fails its gate is left out; if all fail, nothing is written.

    ``say`` is told of each step as it begins. Raises :class:`OutputError` when ``out`` exists or cannot be written,
    :class:`ExportError` when the graph breaks the graph contract, and the errors of :func:`load_validation`.
    """
    check_is_free(Path(out))
    check_opset(options.opset)
    say("validation data")
    with one_thread():
        validation = load_validation(checkpoint, options.data_dir)
    say("graph")
    graph = onnx_from_checkpoint(checkpoint, options.opset)
    say("goldens")
    goldens = make_goldens(checkpoint)
    gate = _Gate(checkpoint, reference_from_goldens(goldens), validation)
    variants = []
    for name in options.variants:
        say(f"parity gate of {name}")
        variants.append(gate.try_variant(VARIANTS[name], graph))
    passed = [variant for variant in variants if variant.passed]
    files = bundle_files(checkpoint, goldens_to_jsonl(goldens), passed, options) if passed else {}
    if files:
        write_bundle(out, files)
    return ExportResult(Path(out) if files else None, variants, files, validation.data if validation else None)


@dataclass(frozen=True)
class _Gate:
    """What every variant of one checkpoint is held to."""

    checkpoint: Checkpoint
    goldens: Reference
    validation: Reference | None

    def try_variant(self, recipe: VariantRecipe, fp32: onnx.ModelProto) -> VariantResult:
        """Make the variant and run it on each of its engines."""
        graph = recipe.convert(fp32)
        model = graph.SerializeToString(deterministic=True)
        engines = [recipe.engine(name, model) for name in recipe.engines]
        tokenizer = Tokenizer(self.checkpoint.vocabulary, self.checkpoint.text)
        reports = [check_parity(engine, tokenizer, self.goldens, self.validation) for engine in engines]
        return VariantResult(recipe, graph, model, reports, self._accuracy(engines[0]))

    def _accuracy(self, engine: Engine) -> Score | None:
        data = self.validation
        if data is None or data.ids is None or data.targets is None:
            return None
        logits = torch.from_numpy(logits_of_rows(engine, data.ids, data.logits.shape[1]))
        return score_from_logits(logits, data.targets, self.checkpoint.training.data, "validation")
