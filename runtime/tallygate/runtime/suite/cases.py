"""The cases of a behavioural suite (Ribeiro et al. 2020), read from JSON lines.

Three kinds: a minimum that any model of the task must do (``mft``), texts that must get one label (``inv``), and a
text that must be more of a label than another (``dir``). docs/check.md has the format and its bounds; whoever wrote the
file, it can only be checked, or refused in one line.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import msgspec

from tallygate.runtime.errors import InputError
from tallygate.runtime.records import BadRow, Row, check_ends, read_rows

ALL = "all"
"""Stands for all capabilities together."""
MAX_CASES = 100_000
MAX_CHARACTERS = 10_000_000
"""Of all texts together: what a suite can make an engine read."""
MAX_TEXTS = 64
"""Of one case of invariance."""
MAX_NAME = 100
"""Characters of a capability's name."""
_MEND = "see docs/check.md for what a case holds"


class _Case(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind"):
    capability: str
    """What the case is about: failures are counted by it."""

    def __post_init__(self) -> None:
        name = self.capability
        if not name.strip() or len(name) > MAX_NAME or name == ALL:
            raise ValueError(f"capability must be a name of at most {MAX_NAME} characters, and not {ALL!r}")
        self._check()

    def _check(self) -> None:
        """Raise ValueError where the case cannot be."""


class Minimum(_Case, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="mft"):
    """A text that must get a label, or none of which the model may be sure."""

    text: str
    label: str | None = None
    at_most: float | None = None
    """The highest score that any label may have, in the place of ``label``: for texts that say nothing."""

    def _check(self) -> None:
        if (self.label is None) == (self.at_most is None):
            raise ValueError("kind mft takes label or at_most, one of them")
        if self.at_most is not None and not 0.0 < self.at_most <= 1.0:
            raise ValueError("at_most must be above 0 and at most 1")

    @property
    def texts(self) -> Sequence[str]:
        """What is asked."""
        return (self.text,)

    @property
    def expected(self) -> str:
        """For people."""
        return self.label if self.label is not None else f"no score above {self.at_most:g}"


class Invariance(_Case, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="inv"):
    """Texts that must all get the label of the first, whichever that is."""

    texts: tuple[str, ...]
    label: None = None

    def _check(self) -> None:
        if not 2 <= len(self.texts) <= MAX_TEXTS:
            raise ValueError(f"texts must be from 2 to {MAX_TEXTS}")

    @property
    def expected(self) -> str:
        """For people."""
        return "one label for all"


class Direction(_Case, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="dir"):
    """A text that must have at least the probability of ``label`` that another has."""

    text: str
    than: str
    """The other text."""
    label: str
    slack: float = 0.0
    """How much less is still no failure."""

    def _check(self) -> None:
        if not 0.0 <= self.slack <= 1.0:
            raise ValueError("slack must be from 0 to 1")

    @property
    def texts(self) -> Sequence[str]:
        """What is asked."""
        return (self.text, self.than)

    @property
    def expected(self) -> str:
        """For people."""
        return f"as much {self.label} as the next"


Case = Minimum | Invariance | Direction


@dataclass(frozen=True)
class PlacedCase:
    """A case and where it stands."""

    suite: str
    line: int
    case: Case


def read_suite(path: str | Path, labels: Collection[str]) -> list[PlacedCase]:
    """The cases of one file, in its order; ``labels`` are those of the model.

    Raises :class:`InputNotFoundError`, and :class:`InputError` for a line that is no case, a label that the model does
    not have, or more than the bounds above.
    """
    check_ends(path)
    name, characters = str(path), 0
    cases: list[PlacedCase] = []
    for row in read_rows(path, name=name, format="jsonl", on_bad=partial(_refuse, name)):
        case = _case(row, name, labels)
        characters += sum(map(len, case.texts))
        cases.append(PlacedCase(name, row.line, case))
        if len(cases) > MAX_CASES or characters > MAX_CHARACTERS:
            reason = f"holds more than {MAX_CASES:,} cases or {MAX_CHARACTERS:,} characters"
            raise InputError(name, reason, "split it")
    return cases


def _refuse(name: str, bad: BadRow) -> None:
    raise InputError(f"{name} line {bad.line}", bad.reason, _MEND)


def _case(row: Row, name: str, labels: Collection[str]) -> Case:
    place = f"{name} line {row.line}"
    try:
        case: Case = msgspec.convert(row.values, Case)
        for text in _strings(case):
            text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise InputError(place, "holds half a surrogate pair, which is not Unicode text", "mend that row") from error
    except (ValueError, RecursionError) as error:
        raise InputError(place, f"is no case ({error})", _MEND) from error
    if case.label is not None and case.label not in labels:
        raise InputError(place, f"names a label {case.label!r} that the model does not have", _one_of(labels))
    return case


def _strings(case: Case) -> Iterator[str]:
    yield from case.texts
    yield case.capability


def _one_of(labels: Collection[str]) -> str:
    shown = ", ".join(list(labels)[:10])
    return f"name one of {shown}{', ...' if len(labels) > 10 else ''}"
