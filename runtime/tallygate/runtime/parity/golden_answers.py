"""Asking the goldens: ids equal, logits within the gate and near what the variant itself answered at export."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tallygate.runtime.bundle import Bundle, as_bundle_error
from tallygate.runtime.engines import Engine, TextEngine, logits_of_rows
from tallygate.runtime.errors import GateError
from tallygate.runtime.parity.comparison import Comparison, Logits
from tallygate.runtime.parity.gate import Reference, flips_allowed, raw_limit, reference_from_bundle
from tallygate.runtime.parity.limits import gate_of
from tallygate.runtime.text import TEXT_VERSION, Tokenizer

_MEND = "do not serve this copy; run: tallygate verify"
_BATCH_SIZE = 32


def ask_goldens(bundle: Bundle, tokenizer: Tokenizer, engine: Engine) -> None:
    """Ask all. Raises :class:`GateError` for the first difference, :class:`BundleInvalidError` for no answer."""
    with as_bundle_error(bundle.path, "the goldens"):
        goldens = reference_from_bundle(bundle)
        rows = [tokenizer.encode(text) for text in goldens.texts]
    if rows != goldens.ids:
        raise GateError(bundle.path, "its tokenizer gives other ids than the reference on a golden row", _MEND)
    if isinstance(engine, TextEngine):
        engine.check_goldens()
    with as_bundle_error(bundle.path, f"variant {engine.precision}"):
        found = logits_of_rows(engine, rows, bundle.manifest.outputs, _BATCH_SIZE)
    if isinstance(engine, TextEngine) and tokenizer.contract.version == TEXT_VERSION:
        _check_reading(bundle, engine, goldens.texts, found)
    for reason in _differences(engine.precision, goldens, found):
        raise GateError(bundle.path, f"{engine.precision} on {engine.name} {reason}", _MEND)


def _check_reading(bundle: Bundle, engine: TextEngine, texts: Sequence[str], found: Logits) -> None:
    """Texts that the engine reads itself get the logits of the reference's ids, ``found``, to the bit."""
    if engine.answers(texts)[0] != found.tolist():
        reason = "its C tokenizer gives other ids than the reference on a golden row"
        raise GateError(bundle.path, reason, _MEND)


def _differences(precision: str, goldens: Reference, found: Logits) -> Iterator[str]:
    """What is beyond the gate of the precision."""
    divisors = goldens.temperatures.of([len(row) for row in goldens.ids or ()])
    gate, answers = gate_of(precision), Comparison(goldens.logits, found, divisors)
    if answers.not_finite:
        yield f"gives {answers.not_finite} logits that are not finite on golden rows"
    if not answers.max_difference <= gate.max_logit_difference:
        yield f"is {answers.max_difference:.2g} off on a golden row, above {gate.max_logit_difference:g}"
    if not answers.max_raw_difference <= (limit := raw_limit(precision, goldens)):
        yield f"is {answers.max_raw_difference:.2g} off on a golden row before temperatures, above {limit:g}"
    if gate.flips_within_margin is None and answers.flips.sum() > flips_allowed(precision, goldens, answers):
        yield f"gives {answers.flips.sum()} golden rows another label"
    at_export = goldens.answers.get(precision)
    if at_export is not None and gate.drift is not None:
        drift = Comparison(at_export, found).max_difference
        if not drift <= gate.drift:
            yield f"is {drift:.2g} off what it answered to a golden row at export, above {gate.drift:g}"
