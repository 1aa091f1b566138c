"""What a parity run found, for ``parity.json`` and the page: errors, flips by row, and what they mean for accuracy."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
import numpy as np
from numpy.typing import NDArray
from scipy.stats import binomtest

from tallygate.runtime.parity import Comparison, GateReport, ParityResult, Reference, margins
from tallygate.runtime.prediction import label_indices


class Errors(msgspec.Struct, frozen=True, kw_only=True):
    """Differences of logits, divided by their text's temperature, from the reference's, over all texts and outputs."""

    mean: float
    median: float
    p99: float
    largest: float
    largest_raw: float
    """Of logits as they are."""


class Flip(msgspec.Struct, frozen=True, kw_only=True):
    """A text that got another label than the reference gave it."""

    data: str
    row: str
    """Where the text stands in its data."""
    margin: float
    """How far the reference's label was ahead, in logits."""
    expected: list[float]
    """Logits of the reference."""
    found: list[float]
    """Logits of the variant."""


class AccuracyChange(msgspec.Struct, frozen=True, kw_only=True):
    """Two accuracies on the same texts, and whether they differ by more than chance."""

    data: str
    rows: int
    reference: float
    """Share of right labels, 0 to 1."""
    variant: float
    only_reference_right: int
    only_variant_right: int
    p: float
    """McNemar's test, exact and two-sided: how likely so unequal a split of the texts that only one of them got right
    would be, were both as good (McNemar 1947; the exact form after Fagerland et al. 2013)."""


class Findings(msgspec.Struct, frozen=True, kw_only=True):
    """One variant on one engine."""

    report: GateReport
    passed: bool
    bytes: int
    """Size of the ONNX file."""
    errors: dict[str, Errors]
    """By the name of the data."""
    flips: list[Flip]
    """The widest margin first."""
    accuracy: AccuracyChange | None


def findings(result: ParityResult, references: Sequence[Reference], size: int) -> Findings:
    """Everything that can be said of one run; ``size`` is the ONNX file's, in bytes."""
    pairs = list(zip(references, result.comparisons, strict=False))
    flips = [flip for reference, compared in pairs for flip in _flips(reference, compared)]
    labelled = [pair for pair in pairs if pair[0].targets is not None]
    return Findings(
        report=result.report,
        passed=result.report.passed,
        bytes=size,
        errors={reference.data: _errors(compared) for reference, compared in pairs},
        flips=sorted(flips, key=lambda flip: -flip.margin),
        accuracy=accuracy_change(*labelled[-1]) if labelled else None,
    )


def accuracy_change(reference: Reference, compared: Comparison) -> AccuracyChange:
    """The reference's accuracy beside the variant's. ``reference.targets`` must be there."""
    right, found = (_right(logits, reference.targets) for logits in (compared.expected, compared.found))
    only_reference, only_variant = int((right & ~found).sum()), int((found & ~right).sum())
    unlike = only_reference + only_variant
    return AccuracyChange(
        data=reference.data,
        rows=len(right),
        reference=float(right.mean()),
        variant=float(found.mean()),
        only_reference_right=only_reference,
        only_variant_right=only_variant,
        p=float(binomtest(only_reference, unlike, 0.5).pvalue) if unlike else 1.0,
    )


def _right(logits: NDArray[np.float32], targets: NDArray[np.int64] | None) -> NDArray[np.bool_]:
    right: NDArray[np.bool_] = label_indices(logits) == targets
    return right


def _errors(compared: Comparison) -> Errors:
    sizes = compared.differences
    median, p99 = np.quantile(sizes, [0.5, 0.99])
    return Errors(
        mean=float(sizes.mean()),
        median=float(median),
        p99=float(p99),
        largest=float(sizes.max()),
        largest_raw=compared.max_raw_difference,
    )


def _flips(reference: Reference, compared: Comparison) -> list[Flip]:
    ahead = margins(compared.expected)
    names = reference.row_ids or [str(place) for place in range(len(reference.texts))]
    return [
        Flip(
            data=reference.data,
            row=names[place],
            margin=float(ahead[place]),
            expected=compared.expected[place].tolist(),
            found=compared.found[place].tolist(),
        )
        for place in np.flatnonzero(compared.flips).tolist()
    ]
