"""What a corpus is: labelled splits, unlabelled texts, and the facts that say where they came from."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field


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
    """JSON values: source, counts, digest of the content, how the splits were made, what was left out."""
