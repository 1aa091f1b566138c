"""The parity report as a page of Markdown."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tabulate import tabulate

from tallygate.export.parity.findings import Findings, Flip
from tallygate.runtime.parity import gate_of
from tallygate.train.scores import LengthBand

MOST_FLIPS = 20
"""Flips per variant and engine that the page lists; ``parity.json`` has all."""


def parity_page(
    title: str, facts: Sequence[str], found: Sequence[Findings], folder: str, lengths: Sequence[LengthBand]
) -> str:
    """The page; ``facts`` are lines on what was compared, ``folder`` holds the pictures and ``parity.json``.

    ``lengths`` say how honest the reference is by length.
    """
    pictures = f"""## Pictures

![Histogram of the errors, per variant and engine]({folder}/errors.png)

![How far each variant is from PyTorch near the boundary; labels flip beyond the diagonal]({folder}/boundary.png)"""
    answered = any(one.errors for one in found)
    rest = f"All figures, with every check and every flip: [parity.json]({folder}/parity.json)."
    sections = ["\n".join(facts), _verdict(found), _summary(found), _failures(found), _errors(found), _accuracy(found)]
    honest = _lengths(lengths, folder)
    parts = [f"# {title}", *sections, _flips(found), honest, pictures if answered else "", rest]
    return "\n\n".join(filter(None, parts)) + "\n"


def _verdict(found: Sequence[Findings]) -> str:
    failed = list(dict.fromkeys(one.report.precision for one in found if not one.passed))
    if not failed:
        return "**Every gate passed.**"
    return f"**A gate failed: {', '.join(failed)}.** What fails its gate is not shipped."


def _summary(found: Sequence[Findings]) -> str:
    headers = [
        "variant", "engine", "bytes", "texts", "max logit difference", "limit", "row, other batch", "limit",
        "label flips", "limit", "gate",
    ]  # fmt: skip
    return _table(headers, [_summary_row(one) for one in found])


def _summary_row(one: Findings) -> list[str]:
    head = [one.report.precision, one.report.engine, f"{one.bytes:,}"]
    verdict = "passed" if one.passed else "**failed**"
    gate, parity = gate_of(one.report.precision), one.report.parity
    if parity is None:
        return [*head, *["-"] * 7, verdict]
    flips = "0" if gate.flip_rate == 0 else f"{gate.flips_allowed(parity.rows):,}"
    if gate.flips_within_margin is not None:
        flips = f"margin below {gate.flips_within_margin:g}"
    return [
        *head, f"{parity.rows:,}",
        f"{parity.max_logit_difference:.1e}", f"{_limit(gate.max_logit_difference)}",
        f"{parity.max_row_difference:.1e}", f"{_limit(gate.max_row_difference)}",
        f"{parity.label_flips:,}", flips, verdict,
    ]  # fmt: skip


def _limit(limit: float) -> str:
    return f"{limit:g}" if math.isfinite(limit) else "reported"


def _failures(found: Sequence[Findings]) -> str:
    lines = [f"- {failure}" for one in found for failure in one.report.failures()]
    return "\n".join(["## What failed", "", *lines]) if lines else ""


def _errors(found: Sequence[Findings]) -> str:
    rows = [
        [one.report.precision, one.report.engine, data, *(f"{value:.1e}" for value in _sizes(errors))]
        for one in found
        for data, errors in one.errors.items()
    ]
    headers = ["variant", "engine", "data", "mean", "median", "99%", "largest", "largest before"]
    told = """Divided by the temperature of the text's length, as a user's probabilities are made of them; the largest
is told before that too."""
    return f"## Differences of the logits\n\n{told}\n\n{_table(headers, rows)}" if rows else ""


def _sizes(errors: object) -> list[float]:
    return [getattr(errors, name) for name in ("mean", "median", "p99", "largest", "largest_raw")]


def _accuracy(found: Sequence[Findings]) -> str:
    rows = [
        [
            one.report.precision, one.report.engine, a.data, f"{a.rows:,}", f"{a.reference:.3%}", f"{a.variant:.3%}",
            f"{100 * (a.variant - a.reference):+.3f}", f"{a.only_reference_right} / {a.only_variant_right}",
            f"{a.p:.2g}",
        ]
        for one in found
        if (a := one.accuracy)
    ]  # fmt: skip
    if not rows:
        return ""
    headers = [
        "variant",
        "engine",
        "data",
        "texts",
        "PyTorch",
        "variant",
        "points",
        "only PyTorch / only variant right",
        "p",
    ]
    return f"""## Accuracy

{_table(headers, rows)}

p is McNemar's exact two-sided test: a small one would mean that the two accuracies differ by more than chance."""


def _lengths(bands: Sequence[LengthBand], folder: str) -> str:
    if not bands:
        return ""
    headers = ["tokens", "texts", "right labels", "calibration error", "without temperatures"]
    rows = [
        [band.tokens, f"{band.rows:,}", f"{band.accuracy:.2%}", f"{band.after.error:.2%}", f"{band.before.error:.2%}"]
        for band in bands
    ]
    return f"""## Scores by length

Expected calibration error of PyTorch in float32, of real texts and of crops of them (parts with the whole's label).

{_table(headers, rows)}

![Accuracy by confidence, for texts of each length]({folder}/lengths.png)"""


def _flips(found: Sequence[Findings]) -> str:
    rows = [_flip_row(one, flip) for one in found for flip in one.flips[:MOST_FLIPS]]
    if not rows:
        return "## Labels that differ\n\nNone."
    more = f"Up to {MOST_FLIPS} per variant and engine, the widest margin (the reference's lead, in logits) first."
    table = _table(["variant", "engine", "data", "row", "margin", "PyTorch", "variant"], rows)
    return f"## Labels that differ\n\n{more}\n\n{table}"


def _flip_row(one: Findings, flip: Flip) -> list[str]:
    logits = [", ".join(f"{logit:.4f}" for logit in values) for values in (flip.expected, flip.found)]
    return [one.report.precision, one.report.engine, flip.data, flip.row, f"{flip.margin:.4f}", *logits]


def _table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return tabulate(rows, headers, tablefmt="github", disable_numparse=True)
