"""The answer to one text, with the way to it: coloured words and the curve over them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from tallygate.demo.reading import Reading, words_in
from tallygate.demo.show.tones import tones_in
from tallygate.demo.templating import render

CUT_SHOWN = 12
"""Words of the part that was cut off that are shown."""
MARKS = 5
"""Words that the curve names."""
MARK_DISTANCE = 14
"""Least distance between two named words, in percent of the curve's width."""
COLUMNS = 600
"""Most words that answer to the pointer on the curve."""
LINES = 6
"""Most labels that get a curve."""
Tones = dict[int, int | str]
"""Index of a label -> its colour."""


def show_reading(reading: Reading, text: str = "", abstain_below: float = 0.0) -> str:
    """HTML of the answer to ``text``; below the score ``abstain_below`` it is "unsure"."""
    words, labels = reading.words, list(reading.prediction.probabilities)
    two, label = len(labels) == 2, labels[reading.focus]
    cut = _cut(reading)
    tones = tones_in(np.argsort(-reading.running[-1], kind="stable").tolist())
    return render(
        "reading.html",
        text=text,
        reading=reading,
        unsure=reading.prediction.score < abstain_below,
        read=_amount(words.kept),
        count=words_in(words.kept),
        tone=tones[labels.index(reading.prediction.likeliest)],
        bars=_bars(reading, tones),
        story=_story(reading),
        anew=reading.anew,
        focus=label,
        two=two,
        running=reading.running[:, reading.focus].tolist(),
        lines=list(_lines(reading, tones)),
        legend=not two,
        marks=_marks(reading),
        columns=_columns(reading),
        words=list(_words(reading, tones)),
        cut_before=cut if words.keeps == "last" else "",
        cut_after=cut if words.keeps == "first" else "",
        cut=words_in(words.cut),
        unknown=words_in([word for word, known in zip(words.kept, words.known, strict=True) if not known]),
        keys=[{"tone": tones[i], "label": name} for i, name in enumerate(labels)] if two else [],
    )


def _amount(tokens: list[str]) -> str:
    """How many words and, beside them, how many punctuation marks."""
    words = words_in(tokens)
    marks = len(tokens) - words
    told = f"{words:,} word{'' if words == 1 else 's'}"
    return f"{told} and {marks:,} mark{'' if marks == 1 else 's'}" if marks else told


def _bars(reading: Reading, tones: Tones) -> list[dict[str, object]]:
    pairs = list(enumerate(reading.prediction.probabilities.items()))
    if len(pairs) > 2:
        pairs = sorted(pairs, key=lambda pair: -pair[1][1])[:LINES]
    return [{"name": n, "tone": tones[i], "share": p, "figure": f"{100 * p:.1f}%"} for i, (n, p) in pairs]


def _story(reading: Reading) -> str:
    """The words that decided, in one sentence."""
    moves, words, label = reading.moves, reading.words.kept, list(reading.prediction.probabilities)[reading.focus]
    strongest = [i for i in np.argsort(-np.abs(moves), kind="stable")[:3] if abs(moves[i]) >= 0.005]
    if not strongest:
        return "No single word moves the answer: the model hardly makes anything of this text."
    told = ", ".join(f"“{words[i]}” {100 * moves[i]:+.0f}".replace("-", "−") for i in strongest)
    turns = {0: "It never changed its mind.", 1: "It changed its mind once."}
    mind = turns.get(reading.turns, f"It changed its mind {reading.turns} times.")
    return f"The biggest steps, in points of {label}: {told}. {mind}"


def _lines(reading: Reading, tones: Tones) -> Iterator[dict[str, object]]:
    labels = list(reading.prediction.probabilities)
    ranked = np.argsort(-reading.running[-1], kind="stable")[:LINES]
    for index in [1] if len(labels) == 2 else sorted(ranked.tolist()):
        points = _points(reading.running[:, index].tolist(), 1 / len(labels))
        path = "M" + " ".join(f"{x:.2f},{y:.2f}" for x, y in points)
        area = f"{path} L100,50 L0,50Z"
        yield {"path": path, "area": area, "tone": tones[index], "label": labels[index]}


def _points(values: list[float], start: float) -> list[tuple[float, float]]:
    """From an even start on the left edge through the middle of every word's column to the right edge."""
    middle = [(100 * (i + 0.5) / len(values), 100 * (1 - value)) for i, value in enumerate(values)]
    return [(0.0, 100 * (1 - start)), *middle, (100.0, middle[-1][1])]


def _marks(reading: Reading) -> list[dict[str, object]]:
    """The words with the biggest steps that do not stand in each other's way."""
    moves, values = reading.moves, reading.running[:, reading.focus]
    taken: list[int] = []
    for index in np.argsort(-np.abs(moves), kind="stable").tolist():
        distances = [abs(index - other) * 100 / len(moves) for other in taken]
        if len(taken) < MARKS and abs(moves[index]) >= 0.02 and all(d >= MARK_DISTANCE for d in distances):
            taken.append(index)
    return [_mark(reading.words.kept[i], (i + 0.5) / len(moves), float(values[i])) for i in taken]


def _mark(word: str, left: float, value: float) -> dict[str, object]:
    side = "below" if value > 0.5 else "above"
    edge = " at-left" if left < 0.1 else " at-right" if left > 0.9 else ""
    return {"word": word[:18], "left": f"{100 * left:.2f}", "top": f"{100 * (1 - value):.2f}", "side": side + edge}


def _columns(reading: Reading) -> list[dict[str, str]]:
    count = len(reading.words.kept)
    if count > COLUMNS:
        return []
    titles = _titles(reading)
    return [{"left": f"{100 * i / count:.3f}", "width": f"{100 / count:.3f}", "title": t} for i, t in enumerate(titles)]


def _titles(reading: Reading) -> list[str]:
    labels, focus = list(reading.prediction.probabilities), reading.focus
    rows = zip(reading.words.kept, reading.words.known, reading.running[:, focus], reading.moves, strict=True)
    return [
        f"{word}{'' if known else ' (unknown)'}: {labels[focus]} {100 * value:.0f}% ({100 * move:+.0f})"
        for word, known, value, move in rows
    ]


def _words(reading: Reading, tones: Tones) -> Iterator[dict[str, object]]:
    even = 1 / reading.running.shape[1]
    leads, tops = reading.running.argmax(axis=1), reading.running.max(axis=1)
    rows = zip(reading.words.kept, reading.words.known, leads, tops, _titles(reading), strict=True)
    for text, known, lead, top, title in rows:
        strength = (top - even) / (1 - even)
        yield {"text": text, "known": known, "tone": tones[int(lead)], "strength": f"{strength:.3f}", "title": title}


def _cut(reading: Reading) -> str:
    cut, before = reading.words.cut, reading.words.keeps == "last"
    if len(cut) <= CUT_SHOWN:
        return " ".join(cut)
    near = cut[-CUT_SHOWN:] if before else cut[:CUT_SHOWN]
    far = cut[:-CUT_SHOWN] if before else cut[CUT_SHOWN:]
    more = f"{words_in(far):,} more words"
    return f"… {more} … {' '.join(near)}" if before else f"{' '.join(near)} … {more} …"
