"""A file's answers: how far it is, how they spread, and a page of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from tallygate.demo.batch import BatchRun
from tallygate.demo.limits import FILE_ROWS
from tallygate.demo.show.tones import tones_in, tones_of
from tallygate.demo.table import Page
from tallygate.demo.templating import render

BINS = 20
LABELS = 12
"""Most labels that get a bar."""


def show_progress(run: BatchRun) -> str:
    """HTML of how far a file is."""
    return render("batch_progress.html", run=run, limit=FILE_ROWS)


def show_summary(run: BatchRun, labels: Sequence[str]) -> str:
    """HTML of the labels' shares, how sure the answers are, and the rows put aside."""
    counts, total, low = run.counts, len(run.rows), 1 / len(labels)
    tones = _tones(counts, labels)
    few = len(labels) <= LABELS
    shown = list(labels) if few else [label for label, _ in counts.most_common(LABELS)]
    bars = [{"name": n, "tone": tones[n], "share": counts[n] / total, "figure": f"{counts[n]:,}"} for n in shown]
    return render(
        "batch_summary.html",
        bars=bars,
        others="" if few else _others(len(labels) - len(shown), total - sum(counts[n] for n in shown)),
        bins=_bins(run, labels, tones, low),
        low=f"{low:.0%}",
        bad=run.bad,
    )


def _others(labels: int, rows: int) -> str:
    return f"{labels} other label{'' if labels == 1 else 's'}: {rows:,} row{'' if rows == 1 else 's'}"


def _tones(counts: Counter[str], labels: Sequence[str]) -> dict[str, int | str]:
    order = sorted(range(len(labels)), key=lambda index: (-counts[labels[index]], index))
    return {labels[index]: tone for index, tone in tones_in(order).items()}


def show_page(page: Page, labels: Sequence[str]) -> str:
    """HTML of one page of the table."""
    return render("batch_table.html", page=page, tones=tones_of(labels))


def _bins(run: BatchRun, labels: Sequence[str], tones: dict[str, int | str], low: float) -> list[dict[str, object]]:
    places = Counter((min(BINS - 1, int(BINS * (r.score - low) / (1 - low))), r.label) for r in run.rows)
    highest = max(sum(places[i, label] for label in labels) for i in range(BINS))
    return [
        {
            "title": f"from {low + i * (1 - low) / BINS:.0%}: {sum(places[i, label] for label in labels):,} rows",
            "parts": [
                {"tone": tones[label], "height": f"{100 * places[i, label] / highest:.2f}"}
                for label in labels
                if places[i, label]
            ],
        }
        for i in range(BINS)
    ]
