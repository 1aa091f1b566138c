"""The inside of the cell: one step with its equations, the whole text as pictures, and what was kept."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tallygate.demo.cell import CellReading, Order
from tallygate.demo.pictures import Picture, picture_of_shares, picture_of_signed
from tallygate.demo.reading import Words
from tallygate.demo.templating import render

KEPT_SHOWN = 8
UNITS_SHOWN = 4
"""Units on each side of the answer that are named."""
_ORDERS: dict[Order, str] = {
    "pull": "their pull on the answer, from one label to the other",
    "response": "the word that each wrote down most strongly",
}


def show_words(cell: CellReading, words: Words, step: int, text: str) -> str:
    """HTML of the words of ``text`` as buttons, darker where the last cell holds more of them."""
    shares = cell.kept_shares
    strengths = shares / max(float(shares.max()), 1e-12)
    rows = zip(words.kept, words.known, strengths, shares, cell.survival, strict=True)
    buttons = [
        {
            "text": text,
            "known": known,
            "strength": f"{strength:.3f}",
            "title": f"{share:.1%} of the last cell; {survival:.0%} of what it wrote is left",
        }
        for text, known, strength, share, survival in rows
    ]
    return render("cell_words.html", words=buttons, step=step, text=text)


def show_step(cell: CellReading, words: Words, step: int, order: Order) -> str:
    """HTML of the four steps of the cell at one word."""
    units = cell.order(order)
    strips = {name: _strip(cell, name, step, units) for name in ("forget", "input", "candidate", "output", "hidden")}
    full = float(max(np.abs(cell.previous[step]).max(), np.abs(cell.trace.cell[step]).max(), 1e-6))
    strips["previous"] = _signed_strip(("C", _BEFORE), cell.previous[step][units], full)
    strips["cell"] = _signed_strip(("C", _NOW), cell.trace.cell[step][units], full)
    return render(
        "cell_step.html",
        number=step + 1,
        count=len(words.kept),
        word=words.kept[step],
        summary=_summary(cell, words, step),
        strips=strips,
        sentences=_sentences(cell, step),
        units=len(units),
    )


def show_maps(cell: CellReading, words: Words, step: int, order: Order) -> str:
    """HTML of all gates and states over the whole text."""
    units, count = cell.order(order), len(words.kept)
    shares = [
        _map("Forget gate", "what is kept of the cell", cell.trace.forget[:, units], gate=True),
        _map("Input gate", "what is let in", cell.trace.input[:, units], gate=True),
        _map("Candidate", "what could be written", cell.trace.candidate[:, units], full=1.0),
        _map("Output gate", "what is shown", cell.trace.output[:, units], gate=True),
        _map("Cell", "the memory", cell.trace.cell[:, units]),
        _map("Hidden state", "what the answer is made of", cell.trace.hidden[:, units]),
    ]
    return render(
        "cell_maps.html",
        maps=shares,
        count=count,
        units=len(units),
        order=_ORDERS[order if cell.pull is not None else "response"],
        left=f"{100 * step / count:.3f}",
        width=f"{100 / count:.3f}",
        first=words.kept[0][:18],
        last=words.kept[-1][:18],
    )


def show_memory(cell: CellReading, words: Words, labels: list[str], predicted: int) -> str:
    """HTML of the words that the cell kept and the units that decided."""
    return render(
        "cell_memory.html",
        kept=_kept_bars(cell, words),
        pulls=_pull_bars(cell, words, labels, predicted) if cell.pull is not None else [],
        backward=cell.backward,
    )


def _summary(cell: CellReading, words: Words, step: int) -> str:
    unknown = "" if words.known[step] else "Unknown to the model, so read as any other unknown word. "
    left = f"{cell.survival[step]:.0%} of what it writes is left in the last cell"
    return f"{unknown}{left}, {cell.kept_shares[step]:.1%} of all that is there."


def _sentences(cell: CellReading, step: int) -> dict[str, str]:
    previous, written = np.abs(cell.previous[step]).sum(), np.abs(cell.written[step]).sum()
    carried = np.abs(cell.trace.forget[step] * cell.previous[step]).sum()
    total = max(float(carried + written), 1e-12)
    start = "The cell was empty before this word, so there is nothing to forget."
    return {
        "forget": f"{carried / previous:.0%} of the cell is kept, the rest forgotten." if previous else start,
        "write": f"{cell.trace.input[step].mean():.0%} of what the word offers is let in, on average over the units.",
        "cell": f"The new cell is {written / total:.0%} this word and {carried / total:.0%} memory.",
        "show": f"{cell.trace.output[step].mean():.0%} of the cell is shown to the next step, on average.",
    }


_NOW, _BEFORE = "<mi>t</mi>", "<mi>t</mi><mo>−</mo><mn>1</mn>"
_LETTERS = {"forget": "f", "input": "i", "candidate": "C~", "output": "O", "hidden": "h"}


def _strip(cell: CellReading, name: str, step: int, units: NDArray[np.intp]) -> dict[str, object]:
    values = getattr(cell.trace, name)[step][units]
    if name in ("candidate", "hidden"):
        return _signed_strip((_LETTERS[name], _NOW), values, 1.0)
    figure = f"{values.mean():.2f}"
    return {
        "name": (_LETTERS[name], _NOW),
        "picture": picture_of_shares(values[:, None]),
        "figure": figure,
        "alt": figure,
    }


def _signed_strip(name: tuple[str, str], values: NDArray[np.float32], full: float) -> dict[str, object]:
    figure = f"±{np.abs(values).max():.2f}"
    return {"name": name, "picture": picture_of_signed(values[:, None], full), "figure": figure, "alt": figure}


def _map(
    name: str, words: str, values: NDArray[np.float32], gate: bool = False, full: float | None = None
) -> dict[str, Any]:
    picture: Picture = picture_of_shares(values) if gate else picture_of_signed(values, full)
    low, high = ("0", "1") if gate else (f"−{picture.full:.2g}", f"{picture.full:.2g}")
    kind = "shares" if gate else "around-zero"
    return {"name": name, "words": words, "picture": picture, "kind": kind, "low": low, "high": high}


def _kept_bars(cell: CellReading, words: Words) -> list[dict[str, object]]:
    shares = cell.kept_shares
    most = float(max(shares.max(), 1e-12))
    return [
        {
            "name": words.kept[i][:18],
            "tone": "kept",
            "share": float(shares[i]) / most,
            "figure": f"{shares[i]:.1%}",
        }
        for i in np.argsort(-shares, kind="stable")[:KEPT_SHOWN]
    ]


def _pull_bars(cell: CellReading, words: Words, labels: list[str], predicted: int) -> list[dict[str, object]]:
    """The strongest units for and against; of two labels, a pull above zero is for the second."""
    assert cell.pull is not None
    two, order = len(labels) == 2, cell.order("pull").tolist()
    chosen = dict.fromkeys([*order[:UNITS_SHOWN], *order[-UNITS_SHOWN:]])
    most = float(max(np.abs(cell.pull).max(), 1e-12))
    return [
        {
            "name": f"unit {unit}: {words.kept[cell.loudest[unit]][:14]}",
            "tone": _tone(float(cell.pull[unit]), two, predicted),
            "share": abs(float(cell.pull[unit])) / most,
            "figure": f"{cell.pull[unit]:+.2f}".replace("-", "−"),
        }
        for unit in chosen
    ]


def _tone(pull: float, two: bool, predicted: int) -> object:
    if two:
        return int(pull > 0)
    return predicted % 8 if pull > 0 else "against"
