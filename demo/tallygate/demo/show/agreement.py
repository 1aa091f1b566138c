"""The copies side by side, and the verdicts of the parity gate."""

from __future__ import annotations

import math
from collections.abc import Sequence

from tallygate.demo.agreement import Agreement, CopyAnswer
from tallygate.demo.copies import Copy
from tallygate.demo.reading import labels_of
from tallygate.demo.show.pictures import report_pictures
from tallygate.demo.show.tones import tones_of
from tallygate.demo.templating import render
from tallygate.runtime.bundle import Bundle
from tallygate.runtime.errors import TallygateError
from tallygate.runtime.parity import GateReport, gate_of

TEXTS_SHOWN = 50
PREVIEW = 90
LOWEST, HIGHEST = 1e-9, 10.0
"""Ends of the ruler of differences, whose steps are powers of ten."""


def show_agreement(agreement: Agreement, pasted: str = "") -> str:
    """HTML of what every copy answered to the texts in ``pasted``."""
    return render(
        "agreement.html",
        agreement=agreement,
        pasted=pasted,
        verdict=_verdict(agreement),
        rows=[_row(agreement, answer) for answer in agreement.answers],
        texts=[_text(agreement, number) for number in range(min(len(agreement.texts), TEXTS_SHOWN))],
        more=max(0, len(agreement.texts) - TEXTS_SHOWN),
        low="same",
        high="far apart",
    )


def show_written_parity(bundle: Bundle) -> str:
    """HTML of the figures that the bundle brings, measured when it was exported."""
    rows = [
        _parity_row(name, engine, "at export", parity, True)
        for name, variant in bundle.manifest.variants.items()
        for engine, parity in variant.parity.items()
    ]
    if not rows:
        return render("message.html", kind="plain", text="This bundle brings no parity figures. Run the gate here.")
    return render("parity.html", rows=rows, pictures=report_pictures(bundle, "errors", "boundary"))


def show_gates(verdicts: Sequence[tuple[Copy, GateReport | TallygateError]]) -> str:
    """HTML of the gate's verdicts on this machine."""
    return render("parity.html", rows=[_gate_row(copy, verdict) for copy, verdict in verdicts], pictures=[])


def _verdict(agreement: Agreement) -> str:
    copies, texts = len(agreement.answers), len(agreement.texts)
    which = "this text" if texts == 1 else f"all {texts} texts"
    if copies == 1:
        return "This machine runs one copy only, so there is nothing to compare it with but the gate below."
    if agreement.agree:
        largest = max(agreement.difference(answer) for answer in agreement.answers)
        return (
            f"All {copies} copies give the same label on {which}. The largest difference of a logit is {largest:.1e}."
        )
    wrong = [a.copy.name for a in agreement.answers if not agreement.difference(a) <= a.limit or agreement.flips(a)]
    return f"Not all copies agree on {which}: look at {', '.join(wrong)}."


def _row(agreement: Agreement, answer: CopyAnswer) -> dict[str, object]:
    difference = agreement.difference(answer)
    return {
        "answer": answer,
        "base": answer is agreement.baseline,
        "difference": difference,
        "flips": agreement.flips(answer),
        "over": not difference <= answer.limit,
        "left": f"{_place(difference):.1f}",
        "gate": f"{_place(answer.limit):.1f}" if math.isfinite(answer.limit) else None,
    }


def _place(difference: float) -> float:
    """Percent of the ruler's width."""
    if not difference > LOWEST:
        return 0.0
    share = math.log10(difference / LOWEST) / math.log10(HIGHEST / LOWEST)
    return 100 * min(share, 1.0)


def _text(agreement: Agreement, number: int) -> dict[str, object]:
    text = " ".join(agreement.texts[number].split())
    preview = text if len(text) <= PREVIEW else text[: PREVIEW - 1] + "…"
    return {"preview": preview, "cells": [_cell(agreement, a, number) for a in agreement.answers if not a.fault]}


def _cell(agreement: Agreement, answer: CopyAnswer, number: int) -> dict[str, object]:
    assert answer.logits is not None
    label, row = labels_of(answer.logits, agreement.labels)[number], answer.logits[number]
    cell = {"label": label, "tone": tones_of(agreement.labels)[label], "flip": False, "difference": ""}
    cell["logit"] = " ".join(f"{logit:+.3f}" for logit in row[:4]).replace("-", "−")
    base = agreement.baseline.logits
    if answer is not agreement.baseline and base is not None:
        cell["flip"] = label != labels_of(base, agreement.labels)[number]
        cell["difference"] = f"Δ {float(abs(row - base[number]).max()):.0e}"
    return cell


def _gate_row(copy: Copy, verdict: GateReport | TallygateError) -> dict[str, object]:
    if isinstance(verdict, TallygateError):
        return _parity_row(copy.precision, copy.engine, "here", None, False) | {"fault": str(verdict)}
    row = _parity_row(copy.precision, copy.engine, f"here, {verdict.provider}", verdict.parity, verdict.passed)
    faults = " ".join(verdict.failures())
    return row | {"checks": verdict.checks, "fault": faults}


def _parity_row(precision: str, engine: str, where: str, parity: object, passed: bool) -> dict[str, object]:
    limit = gate_of(precision).max_logit_difference
    return {
        "precision": precision,
        "engine": engine,
        "where": where,
        "parity": parity,
        "passed": passed,
        "limit": f"at most {limit:g}" if math.isfinite(limit) else "reported",
        "checks": [],
        "fault": "",
    }
