"""The export, whole: checkpoint -> graph -> variants -> parity gate -> bundle."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import onnx
import torch

from tallygate.export.bundle import bundle_files, check_can_build, check_fits, check_may_write, plan_files, write_bundle
from tallygate.export.graph import check_can_stream, check_graph, check_opset, onnx_from_checkpoint, streaming_from_onnx
from tallygate.export.references import bands_of, goldens_to_jsonl, load_texts, make_goldens, one_thread, with_answers
from tallygate.export.results import ExportOptions, ExportResult, VariantResult
from tallygate.export.variants import VARIANTS, ImageFacts, VariantRecipe, integer_from_onnx
from tallygate.runtime.bundle import INTEGER, Score
from tallygate.runtime.engines.ort import StreamingEngine
from tallygate.runtime.errors import VariantUnfitError
from tallygate.runtime.parity import ParityResult, Reference, labels_never_given, measure_parity, reference_from_goldens
from tallygate.runtime.text import Tokenizer
from tallygate.train.folder import Checkpoint
from tallygate.train.scores import score_from_logits


def _silent(_step: str) -> None:
    pass


@one_thread()
def export_bundle(
    checkpoint: Checkpoint, out: str | Path, options: ExportOptions, say: Callable[[str], None] = _silent
) -> ExportResult:
    """Export, gate and write. A variant that the model does not fit or that fails its gate is left out; if all are,
    nothing is written.

    ``say`` is told of each step as it begins. Raises :class:`OutputError` when ``out`` exists and is no bundle that may
    be overwritten, or cannot be written,
    :class:`ExportError` when the graph breaks the graph contract, and the errors of :func:`load_texts` and
    :func:`plan_files`.
    """
    check_may_write(Path(out), options.force)
    check_fits(checkpoint)
    check_can_build(options.rtx_targets)
    check_opset(options.opset)
    if options.streaming:
        check_can_stream(checkpoint.model.architecture)
    say("texts to compare on")
    texts = load_texts(checkpoint, options.data_dir)
    by_length = bands_of(checkpoint, texts)
    say("graph")
    graph = onnx_from_checkpoint(checkpoint, options.opset)
    say("goldens")
    goldens = make_goldens(checkpoint)
    gate = _Gate(checkpoint, reference_from_goldens(goldens, checkpoint.temperatures), texts)
    variants, refusals = [], {}
    for name in options.variants:
        say(f"parity gate of {name}")
        try:
            variants.append(gate.try_variant(VARIANTS[name], graph))
        except VariantUnfitError as error:
            refusals[name] = error
    passed = [variant for variant in variants if variant.passed]
    streaming = None
    if options.streaming:
        say("parity gate of the streaming graph")
        streaming = gate.try_streaming(graph)
    if options.rtx_targets:
        say("TensorRT plans")
    plans = plan_files(passed, options.rtx_targets, checkpoint.text.max_length, texts[0] if texts else None)
    answers = {variant.recipe.precision: variant.answers for variant in passed if variant.answers is not None}
    lines = goldens_to_jsonl(with_answers(goldens, answers))
    streams = streaming if streaming and streaming.passed else None
    files = bundle_files(checkpoint, lines, passed, options, plans, streams) if passed else {}
    if files:
        write_bundle(out, files, options.force)
    references = [gate.goldens, *texts]
    never = [checkpoint.labels[place] for place in labels_never_given(references)]
    path, asked = Path(out) if files else None, options.demanded
    return ExportResult(path, variants, files, references, never, by_length, refusals, asked, streaming)


@dataclass(frozen=True)
class _Gate:
    """What every variant of one checkpoint is held to."""

    checkpoint: Checkpoint
    goldens: Reference
    texts: list[Reference]

    def try_variant(self, recipe: VariantRecipe, fp32: onnx.ModelProto) -> VariantResult:
        """Make the variant and run it on each of its engines."""
        graph = recipe.convert(fp32)
        check_graph(graph)
        is_image = recipe.precision == INTEGER
        model = integer_from_onnx(graph, self._facts()) if is_image else graph.SerializeToString(deterministic=True)
        engines = [recipe.engine(name, model) for name in recipe.engines_here]
        tokenizer = Tokenizer(self.checkpoint.vocabulary, self.checkpoint.text)
        results = [measure_parity(engine, tokenizer, self.goldens, self.texts) for engine in engines]
        return VariantResult(recipe, graph, model, results, self._accuracy(results[0]))

    def try_streaming(self, fp32: onnx.ModelProto) -> VariantResult:
        """Make the graph with states, and ask it in pieces."""
        recipe = VariantRecipe(StreamingEngine.precision, streaming_from_onnx, (StreamingEngine.name,))
        graph = recipe.convert(fp32)
        model = graph.SerializeToString(deterministic=True)
        tokenizer = Tokenizer(self.checkpoint.vocabulary, self.checkpoint.text)
        result = measure_parity(StreamingEngine(model, tokenizer), tokenizer, self.goldens, self.texts)
        return VariantResult(recipe, graph, model, [result], self._accuracy(result))

    def _facts(self) -> ImageFacts:
        checkpoint = self.checkpoint
        return ImageFacts(
            vocabulary=checkpoint.vocabulary,
            contract=checkpoint.text,
            labels=checkpoint.labels,
            temperatures=checkpoint.temperatures.table,
            texts=self.goldens.texts,
            measured=self.texts[0].texts if self.texts else (),
        )

    def _accuracy(self, result: ParityResult) -> Score | None:
        """On the validation texts, the only ones with targets."""
        for reference, compared in zip(self.texts, result.comparisons[1:], strict=False):
            if reference.targets is not None:
                logits = torch.from_numpy(compared.found)
                return score_from_logits(logits, reference.targets, self.checkpoint.training.data, "validation")
        return None
