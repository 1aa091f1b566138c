"""A file's answers: how far it is, how they spread, and a page of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from tallygate.demo.batch import BatchRun
from tallygate.demo.limits import FILE_ROWS
from tallygate.demo.show.tones import tones_of
from tallygate.demo.table import Page
from tallygate.demo.templating import render

BINS = 20


def show_progress(run: BatchRun) -> str:
    """HTML of how far a file is."""
    return render("batch_progress.html", run=run, limit=FILE_ROWS)


def show_summary(run: BatchRun, labels: Sequence[str]) -> str:
    """HTML of the labels' shares, how sure the answers are, and the rows put aside."""
    counts, total, tones = run.counts, len(run.rows), tones_of(labels)
    bars = [
        {"name": label, "tone": tones[label], "share": counts[label] / total, "figure": f"{counts[label]:,}"}
        for label in labels
    ]
    low = 1 / len(labels)
    return render("batch_summary.html", bars=bars, bins=_bins(run, labels, low), low=f"{low:.0%}", bad=run.bad)


def show_page(page: Page, labels: Sequence[str]) -> str:
    """HTML of one page of the table."""
    return render("batch_table.html", page=page, tones=tones_of(labels))


def _bins(run: BatchRun, labels: Sequence[str], low: float) -> list[dict[str, object]]:
    places = Counter((min(BINS - 1, int(BINS * (r.score - low) / (1 - low))), r.label) for r in run.rows)
    highest = max(sum(places[i, label] for label in labels) for i in range(BINS))
    tones = tones_of(labels)
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
