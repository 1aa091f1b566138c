"""What a corpus is: labelled splits, unlabelled texts, and the facts that say where they came from."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from tallygate.runtime.errors import InputError

MOST_LABELS = 1000
"""With more of them the label column is most likely the wrong one."""


@dataclass(frozen=True)
class Split:
    """Labelled texts; the three lists have one length and one order."""

    texts: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    ids: list[str] = field(default_factory=list)
    """Where each text stands in its source: the only trace of it that may be published."""

    def __len__(self) -> int:
        return len(self.texts)

    def add(self, text: str, label: str, row_id: str) -> None:
        """Append one text."""
        self.texts.append(text)
        self.labels.append(label)
        self.ids.append(row_id)

    def take(self, rows: Iterable[int]) -> Split:
        """The rows at these places, in this order."""
        places = list(rows)
        return Split(*([column[place] for place in places] for column in (self.texts, self.labels, self.ids)))

    def label_counts(self) -> dict[str, int]:
        """How many texts each label has, by label in sorted order."""
        return dict(sorted(Counter(self.labels).items()))

    def sha256(self) -> str:
        """Of every id, label and text, in order."""
        digest = hashlib.sha256()
        for row in zip(self.ids, self.labels, self.texts, strict=True):
            for value in row:
                data = value.encode("utf-8")
                digest.update(len(data).to_bytes(8, "little") + data)
        return digest.hexdigest()


@dataclass(frozen=True)
class Corpus:
    """Data for one training run."""

    name: str
    train: Split
    validation: Split
    """Empty when the user asked for none."""
    test: Split | None
    unlabeled: list[str]
    labels: tuple[str, ...]
    """Every label of the training split, sorted."""
    facts: dict[str, object]
    """JSON values: ``source``, ``splits`` (how they were made), ``texts``, ``labels`` and ``sha256`` by split,
    ``left_out`` (texts that stand in another split), ``skipped`` (bad rows). No path of this machine."""

    def targets(self, split: Split) -> NDArray[np.int64]:
        """[texts] position of each label of ``split`` among :attr:`labels`."""
        position = {label: place for place, label in enumerate(self.labels)}
        return np.array([position[label] for label in split.labels], dtype=np.int64)


def assemble(
    name: str,
    *,
    train: Split,
    validation: Split,
    test: Split | None,
    unlabeled: list[str] | None = None,
    facts: Mapping[str, object],
) -> Corpus:
    """Put a corpus together and add what can be counted to its facts, which name at least its ``source``.

    Raises :class:`InputError` when training has fewer than two labels or too many, or lacks one of another split.
    """
    labels = checked_labels(str(facts["source"]), train)
    splits = {"train": train, "validation": validation} | ({"test": test} if test is not None else {})
    _check_known(str(facts["source"]), labels, splits)
    unlabeled = unlabeled or []
    counted = {
        "texts": {split: len(rows) for split, rows in splits.items()} | {"unlabeled": len(unlabeled)},
        "labels": {split: rows.label_counts() for split, rows in splits.items()},
        "sha256": {split: rows.sha256() for split, rows in splits.items()},
    }
    return Corpus(name, train, validation, test, unlabeled, labels, {**facts, **counted})


def checked_labels(source: str, train: Split) -> tuple[str, ...]:
    """The labels of ``train``, sorted. Raises :class:`InputError` when there are fewer than two or too many."""
    labels = tuple(sorted(set(train.labels)))
    if not labels:
        raise InputError(source, "has no texts to train on", "give texts of two or more labels")
    if len(labels) == 1:
        raise InputError(source, f"has one label only, {labels[0]!r}", "give texts of two or more labels")
    if len(labels) > MOST_LABELS:
        raise InputError(source, f"has {len(labels):,} labels", "name the right column with --label-column")
    return labels


def _check_known(source: str, labels: tuple[str, ...], splits: Mapping[str, Split]) -> None:
    for split, rows in splits.items():
        unknown = sorted(set(rows.labels).difference(labels))
        if unknown:
            row = rows.ids[rows.labels.index(unknown[0])]
            reason = f"has the label {unknown[0]!r} in its {split} split ({row}), and no text to train on has it"
            raise InputError(source, reason, "give more texts of that label, or remove it")
