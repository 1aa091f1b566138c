"""The files of a bundle, from what the gate passed."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import msgspec

from tallygate.export.bundle.card import model_card
from tallygate.export.bundle.tokenizer_json import tokenizer_json
from tallygate.export.bundle.writer import file_facts
from tallygate.export.results import ExportOptions, VariantResult
from tallygate.runtime.bundle import (
    CALIBRATION_SINCE,
    LAYOUT,
    MAX_GOLDEN_BYTES,
    MAX_LABELS,
    MAX_LINE,
    MAX_MARKS,
    MAX_TOKENS,
    MAX_VOCABULARY,
    MAX_WORDS,
    STREAMING_SINCE,
    Manifest,
    Parity,
    Streaming,
    Variant,
    manifest_from_json,
    manifest_to_json,
)
from tallygate.runtime.errors import BundleInvalidError, ExportError
from tallygate.runtime.parity import GateReport
from tallygate.runtime.text import Tokenizer
from tallygate.runtime.version import VERSION
from tallygate.train.folder import Checkpoint


def bundle_files(
    checkpoint: Checkpoint,
    goldens: bytes,
    variants: Sequence[VariantResult],
    options: ExportOptions,
    plans: Mapping[str, bytes],
    streaming: VariantResult | None = None,
) -> dict[str, bytes]:
    """Every file by name; ``goldens`` is ``golden.jsonl``, ``variants`` are those that passed, the default first.

    ``plans`` are TensorRT's plans and their facts, by file name, ``streaming`` is the graph with states. Raises
    :class:`ExportError` where they are more than a bundle can hold.
    """
    files = {LAYOUT.model(variant.recipe.precision): variant.model for variant in variants} | dict(plans)
    if streaming:
        files[LAYOUT.streaming] = streaming.model
    files[LAYOUT.vocabulary] = checkpoint.vocabulary.to_bytes()
    files[LAYOUT.tokenizer] = tokenizer_json(Tokenizer(checkpoint.vocabulary, checkpoint.text))
    files[LAYOUT.goldens] = goldens
    manifest = _manifest(checkpoint, variants, options, streaming)
    files[LAYOUT.card] = model_card(manifest, options).encode("utf-8")
    complete = msgspec.structs.replace(manifest, files=file_facts(files))
    return _readable({LAYOUT.manifest: manifest_to_json(complete), **files})


def check_fits(checkpoint: Checkpoint) -> None:
    """Find out before the gates, which take long, whether a bundle can hold the checkpoint.

    Raises :class:`ExportError` where its vocabulary, its labels or its texts are beyond the bounds of docs/bundle.md.
    """
    facts = {
        "words": (len(checkpoint.vocabulary), MAX_WORDS),
        "embedding rows": (checkpoint.vocabulary.size, MAX_WORDS + 2),
        "labels": (len(checkpoint.labels), MAX_LABELS),
        "characters in a label": (max(map(len, checkpoint.labels)), MAX_LINE),
        "tokens per text": (checkpoint.text.max_length, MAX_TOKENS),
        "kept marks": (len(checkpoint.text.punctuation), MAX_MARKS),
    }
    for what, (has, most) in facts.items():
        if has > most:
            raise ExportError(
                "the checkpoint", f"has {has:,} {what}, above {most:,}", "train one within docs/bundle.md"
            )


def _readable(files: dict[str, bytes]) -> dict[str, bytes]:
    """The files, held to what every reader is: what would not be read is not written."""
    try:
        manifest_from_json(files[LAYOUT.manifest], "the bundle")
    except BundleInvalidError as error:
        raise ExportError("the bundle", f"would not be read ({error.reason})", "export fewer variants") from error
    for name, most in ((LAYOUT.goldens, MAX_GOLDEN_BYTES), (LAYOUT.vocabulary, MAX_VOCABULARY)):
        if len(files[name]) > most:
            reason = f"would not be read ({name} is larger than {most:,} bytes)"
            raise ExportError("the bundle", reason, "train with fewer labels or words")
    return files


def _manifest(
    checkpoint: Checkpoint,
    variants: Sequence[VariantResult],
    options: ExportOptions,
    streaming: VariantResult | None,
) -> Manifest:
    training = checkpoint.training
    return Manifest(
        schema=".".join(map(str, STREAMING_SINCE if streaming else CALIBRATION_SINCE)),
        name=options.name or f"{training.data}-{training.preset}",
        created_with=VERSION,
        labels=list(checkpoint.labels),
        text=checkpoint.text,
        calibration=checkpoint.temperatures,
        vocabulary_rows=checkpoint.vocabulary.size,
        training=training,
        variants={variant.recipe.precision: _variant(variant) for variant in variants},
        files={},
        streaming=_streaming(streaming) if streaming else msgspec.UNSET,
    )


def _streaming(result: VariantResult) -> Streaming:
    return Streaming(
        file=LAYOUT.streaming,
        opset=result.graph.opset_import[0].version,
        ir_version=result.graph.ir_version,
        parity={report.engine: _parity(report) for report in result.reports},
    )


def _variant(result: VariantResult) -> Variant:
    recipe = result.recipe
    return Variant(
        file=LAYOUT.model(recipe.precision),
        precision=recipe.precision,
        engines=list(recipe.engines),
        batch_invariant=recipe.batch_invariant,
        session=dict(recipe.session),
        opset=result.graph.opset_import[0].version,
        ir_version=result.graph.ir_version,
        parity={report.engine: _parity(report) for report in result.reports},
        accuracy=result.accuracy,
    )


def _parity(report: GateReport) -> Parity:
    """The figures, rounded up to two digits: the last ones depend on how a machine's library orders its sums."""
    assert report.parity is not None, "a variant that did not answer is not written"
    return msgspec.structs.replace(
        report.parity,
        max_logit_difference=_rounded_up(report.parity.max_logit_difference),
        max_row_difference=_rounded_up(report.parity.max_row_difference),
        max_raw_difference=_rounded_up(report.parity.max_raw_difference or 0.0),
    )


def _rounded_up(figure: float) -> float:
    if figure == 0:
        return 0.0
    exponent = math.floor(math.log10(figure)) - 1
    return float(f"{math.ceil(figure / 10.0**exponent)}e{exponent}")
