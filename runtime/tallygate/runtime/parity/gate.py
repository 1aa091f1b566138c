"""The parity gate: an engine against PyTorch in float32, from raw text, by the limits in :mod:`limits`.

Goldens travel with a bundle, so a gate can be held to them on any machine; real texts are at hand at export alone and
widen what is compared there. Every check becomes a :class:`GateCheck`, those that cannot fail included, so that a
report tells all that was measured. What an engine raises is a failed check as well: a copy that does not answer is as
useless as one that answers wrongly, and the verdict on the others must not be lost with it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from tallygate.runtime.bundle import Bundle, Golden, Manifest, Parity, Temperatures
from tallygate.runtime.engines import Engine, logits_of_rows
from tallygate.runtime.parity.comparison import Comparison, Logits, deviation, joined
from tallygate.runtime.parity.grid import GridResult, run_grid
from tallygate.runtime.parity.limits import Gate, gate_of
from tallygate.runtime.parity.report import GateCheck, GateReport
from tallygate.runtime.prediction import label_indices
from tallygate.runtime.text import Tokenizer

MINIMUM_GOLDENS = 256
MINIMUM_DEVIATION = 1.0
"""Least standard deviation of the reference's logits: below it, silence would be compared with silence."""
MINIMUM_LABELS = 2
"""Least number of labels that the reference gives. Rare ones that it never gives are reported only: that the model does
not say them is a matter of its training, and their logits are compared like all others."""
_BATCH_SIZE = 64
AS_THEY_ARE = Temperatures.constant(1.0)
"""Limits are on logits as they are."""


@dataclass(frozen=True)
class Reference:
    """Texts, and what PyTorch in float32 answers to them."""

    data: str
    """What the texts are, such as ``imdb validation``."""
    texts: Sequence[str]
    logits: Logits
    """float32 [rows, outputs]."""
    ids: Sequence[Sequence[int]] | None = None
    """The ids that the reference saw, where the tokenizer is compared as well."""
    targets: NDArray[np.int64] | None = None
    """[rows] position of each true label among the labels, where accuracy is compared as well."""
    answers: Mapping[str, Logits] = field(default_factory=dict)
    """What variants answered at export, float32 [rows, outputs] by name, where a copy is held to that as well."""
    flips: Mapping[str, int] = field(default_factory=dict)
    """Labels that flipped at export over all that was compared there, by variant: all may be among these texts."""
    raw: Mapping[str, float] = field(default_factory=dict)
    """Largest difference at export of logits that no temperature divided, by variant: where temperatures are high, an
    alteration hides behind them, so that a copy is held to that as well."""
    row_ids: Sequence[str] | None = None
    """Where each text stands in its source; ``None`` where its place in ``texts`` says it all."""
    temperatures: Temperatures = AS_THEY_ARE
    """Of goldens: what the logits of all texts that are compared with them are divided by, by length."""


@dataclass(frozen=True)
class ParityResult:
    """The verdict on one engine, and the answers that it rests on."""

    report: GateReport
    comparisons: list[Comparison]
    """The engine's logits beside the reference's, one per reference; none where it did not answer."""


def reference_from_bundle(bundle: Bundle) -> Reference:
    """The goldens of a bundle as a reference, with what its variants were found to do at export."""
    variants = bundle.manifest.variants.items()
    flips = {
        name: max((min(p.label_flips, gate_of(name).flips_allowed(p.rows)) for p in variant.parity.values()), default=0)
        for name, variant in variants
    }
    temperatures = gate_temperatures(bundle.manifest)
    copies = dict(variants) | ({"streaming": bundle.manifest.streaming} if bundle.manifest.streaming else {})
    figures = {name: [p.max_raw_difference or 0.0 for p in copy.parity.values()] for name, copy in copies.items()}
    raw = {name: max(found) for name, found in figures.items() if found and bundle.manifest.calibration}
    return replace(reference_from_goldens(bundle.goldens(), temperatures), flips=flips, raw=raw)


def gate_temperatures(manifest: Manifest) -> Temperatures:
    """What logits are divided by before they are compared.

    A bundle of schema 1.0 was held to its gates without temperatures, and stays as good as it was.
    """
    return manifest.calibration or AS_THEY_ARE


def reference_from_goldens(goldens: Sequence[Golden], temperatures: Temperatures = AS_THEY_ARE) -> Reference:
    """The goldens as a reference; without ``temperatures`` limits are on logits as they are."""
    logits = np.array([golden.logits for golden in goldens], np.float32)
    texts, ids = [golden.text for golden in goldens], [golden.ids for golden in goldens]
    answers = {
        name: np.array([golden.variants[name] for golden in goldens], np.float32) for name in goldens[0].variants
    }
    return Reference("goldens", texts, logits, ids, answers=answers, temperatures=temperatures)


def check_parity(
    engine: Engine,
    tokenizer: Tokenizer,
    goldens: Reference,
    data: Sequence[Reference] = (),
) -> GateReport:
    """Hold ``engine`` to the gate of its precision, over the goldens, the hard grid made of them, and ``data``.

    Accuracy is compared on those of ``data`` that have targets.

    Raises nothing for what the engine does: one that fails to answer fails the gate.
    """
    return measure_parity(engine, tokenizer, goldens, data).report


def measure_parity(
    engine: Engine,
    tokenizer: Tokenizer,
    goldens: Reference,
    data: Sequence[Reference] = (),
) -> ParityResult:
    """As :func:`check_parity`, with the answers."""
    references = [goldens, *data]
    checks = list(_reference_checks(references))
    parity, compared = None, list[Comparison]()
    try:
        rows = [[tokenizer.encode(text) for text in reference.texts] for reference in references]
        checks += _text_checks(references, rows)
        divisors = [goldens.temperatures.of([len(row) for row in ids]) for ids in rows]
        compared = [
            Comparison(r.logits, logits_of_rows(engine, ids, r.logits.shape[1], _BATCH_SIZE), temperatures)
            for r, ids, temperatures in zip(references, rows, divisors, strict=True)
        ]
        grid = run_grid(engine, rows[0], goldens.logits, tokenizer.contract.max_length, divisors[0])
        whole = joined(compared)
        checks += _answer_checks(
            gate_of(engine.precision), whole, grid, flips_allowed(engine.precision, goldens, whole)
        )
        checks.append(_raw_check(engine.precision, goldens, whole, grid))
        checks += _drift_checks(engine.precision, goldens, compared[0])
        for answers, reference in zip(compared, references, strict=True):
            checks += _accuracy_checks(gate_of(engine.precision), answers, reference)
        parity = _parity(references, whole, grid)
    except Exception as error:  # whatever an engine raises, the verdict is the same: it does not answer
        checks.append(GateCheck(name="failed runs", figure=1, limit=0, note=_one_line(error)))
    report = GateReport(
        precision=engine.precision, engine=engine.name, provider=engine.provider, checks=checks, parity=parity
    )
    return ParityResult(report, compared)


def labels_never_given(references: Sequence[Reference]) -> list[int]:
    """Positions of the labels that the reference gives to none of these texts."""
    given = np.unique(np.concatenate([label_indices(reference.logits) for reference in references]))
    labels = max(2, references[0].logits.shape[1])
    return sorted(set(range(labels)).difference(given.tolist()))


def _reference_checks(references: Sequence[Reference]) -> Iterator[GateCheck]:
    """A gate means nothing on a model that says nothing."""
    goldens, never = references[0], len(labels_never_given(references))
    labels = max(2, goldens.logits.shape[1])
    yield _at_least("goldens", len(goldens.texts), MINIMUM_GOLDENS)
    yield _at_least("deviation of the reference's logits", deviation(goldens.logits), MINIMUM_DEVIATION)
    yield _at_least("labels that the reference gives", labels - never, MINIMUM_LABELS)
    yield GateCheck(name="labels that the reference never gives", figure=never, limit=None)


def _text_checks(references: Sequence[Reference], rows: Sequence[Sequence[list[int]]]) -> Iterator[GateCheck]:
    pairs = zip(references, rows, strict=True)
    unlike = sum(list(a) != b for r, found in pairs if r.ids is not None for a, b in zip(r.ids, found, strict=True))
    yield GateCheck(name="texts with other ids", figure=unlike, limit=0)


def flips_allowed(precision: str, goldens: Reference, answers: Comparison) -> int:
    """The gate's share of what was compared; a copy that passed with more over more texts still passes on some."""
    return max(gate_of(precision).flips_allowed(len(answers.expected)), goldens.flips.get(precision, 0))


def _answer_checks(gate: Gate, answers: Comparison, grid: GridResult, allowed: int) -> Iterator[GateCheck]:
    logit_limit = _finite(gate.max_logit_difference)
    yield GateCheck(name="logits that are not finite", figure=answers.not_finite, limit=0)
    yield GateCheck(name="max logit difference", figure=answers.max_difference, limit=logit_limit)
    yield GateCheck(name="max logit difference, hard grid", figure=grid.max_logit_difference, limit=logit_limit)
    yield GateCheck(name="max row difference", figure=grid.max_row_difference, limit=_finite(gate.max_row_difference))
    flips = int(answers.flips.sum())
    if gate.flips_within_margin is None:
        yield GateCheck(name="label flips", figure=flips, limit=allowed)
    else:
        margin = gate.flips_within_margin
        yield GateCheck(name="label flips", figure=flips, limit=None)
        name = f"label flips beyond a margin of {margin:g}"
        yield GateCheck(name=name, figure=answers.flips_beyond(margin), limit=0)


def raw_limit(precision: str, goldens: Reference) -> float:
    """Of a copy's logits before temperatures: its gate, or twice what the variant was off at export; else infinity.

    Where it is made there is nothing yet to hold it to, and the gate is on what users meet.
    """
    at_export = goldens.raw.get(precision)
    return math.inf if at_export is None else max(gate_of(precision).max_logit_difference, 2 * at_export)


def _raw_check(precision: str, goldens: Reference, answers: Comparison, grid: GridResult) -> GateCheck:
    figure, limit = max(answers.max_raw_difference, grid.max_raw_difference), _finite(raw_limit(precision, goldens))
    return GateCheck(name="max logit difference, not divided by temperatures", figure=figure, limit=limit)


def _accuracy_checks(gate: Gate, answers: Comparison, reference: Reference) -> Iterator[GateCheck]:
    if reference.targets is not None:
        lost = answers.points_lost(reference.targets)
        yield GateCheck(name="points of accuracy lost", figure=lost, limit=gate.accuracy_points)


def _drift_checks(precision: str, goldens: Reference, compared: Comparison) -> Iterator[GateCheck]:
    at_export, limit = goldens.answers.get(precision), gate_of(precision).drift
    if at_export is not None and limit is not None:
        difference = Comparison(at_export, compared.found).max_difference
        yield GateCheck(name="max logit difference from this variant at export", figure=difference, limit=limit)


def _parity(references: Sequence[Reference], answers: Comparison, grid: GridResult) -> Parity:
    return Parity(
        rows=len(answers.expected),
        data=described(references),
        max_logit_difference=max(answers.max_difference, grid.max_logit_difference),
        label_flips=int(answers.flips.sum()),
        max_row_difference=grid.max_row_difference,
        max_raw_difference=max(answers.max_raw_difference, grid.max_raw_difference),
    )


def described(references: Sequence[Reference]) -> str:
    """What was read, such as ``goldens, 300 mails validation texts and 1,700 mails training texts``."""
    goldens, *data = references
    parts = [goldens.data, *(f"{len(reference.texts):,} {reference.data} texts" for reference in data)]
    return " and ".join([", ".join(parts[:-1]), parts[-1]] if len(parts) > 1 else parts)


def _at_least(name: str, figure: float, limit: float) -> GateCheck:
    return GateCheck(name=name, figure=figure, limit=limit, at_least=True)


def _finite(limit: float) -> float | None:
    return limit if math.isfinite(limit) else None


def _one_line(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:300]
