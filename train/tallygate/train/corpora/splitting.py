"""How texts are dealt out to splits, so that a text never stands in two of them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import cast

from tallygate.runtime.errors import InputError, UsageError
from tallygate.train.corpora.corpus import Corpus, Split, checked_labels

HELD_OUT_SHARE = 0.1
"""Share of the texts that goes to the test and to validation when no size is given."""

HeldOut = int | float | str | None
"""What is held out, as it was asked for: how many texts, which share of them, a file of them, or nothing was said."""


@dataclass(frozen=True)
class Dealt:
    """A split of rows into what is trained on and what is held out."""

    train: Split
    validation: Split
    test: Split


def text_key(text: str, seed: int = 0) -> bytes:
    """16 bytes that are the same for texts that differ in case or white space only; seeded, they order texts."""
    folded = f"{seed}\0{' '.join(text.lower().split())}"
    return blake2b(folded.encode("utf-8"), digest_size=16).digest()


def text_keys(texts: Iterable[str]) -> set[bytes]:
    """The keys of all ``texts``."""
    return {text_key(text) for text in texts}


@dataclass(frozen=True)
class Disjoint:
    """Splits of which no text stands in two, and how many texts that cost."""

    train: Split
    validation: Split
    unlabeled: list[str]
    left_out: dict[str, int]
    """Texts left out, by where they were and where they stand too, such as ``train texts in test``."""


def without_overlaps(train: Split, validation: Split, test: Split | None, unlabeled: list[str]) -> Disjoint:
    """Leave texts of the test out of all else, and texts of validation out of what is trained on."""
    test_keys = text_keys(test.texts) if test is not None else set()
    kept_validation = _without(validation, test_keys)
    validation_keys = text_keys(kept_validation.texts)
    outside_test = _without(train, test_keys)
    kept_train = _without(outside_test, validation_keys)
    held_out = test_keys | validation_keys
    kept_unlabeled = [text for text in unlabeled if text_key(text) not in held_out]
    left_out = {
        "train texts in test": len(train) - len(outside_test),
        "train texts in validation": len(outside_test) - len(kept_train),
        "validation texts in test": len(validation) - len(kept_validation),
        "unlabeled texts in validation or test": len(unlabeled) - len(kept_unlabeled),
    }
    return Disjoint(kept_train, kept_validation, kept_unlabeled, left_out)


def _without(split: Split, keys: set[bytes]) -> Split:
    return split.take(row for row, text in enumerate(split.texts) if text_key(text) not in keys)


def deal(rows: Split, *, name: str, seed: int, validation: float | None, test: float | None) -> Dealt:
    """Hold out validation and test texts, with each label in its share.

    The choice depends on the seed and the texts alone, not on the order of the rows; each split keeps that order.
    Equal texts stay together. ``validation`` and ``test`` are those of :func:`held_out_size`.
    Raises its errors, and :class:`InputError` when a label has too few texts, or there are too few or many labels.
    """
    labels = checked_labels(name, rows)
    groups = _stratified_groups(rows, seed)
    test_size = held_out_size(name, len(groups), test, "--test")
    end = test_size + held_out_size(name, len(groups), validation, beside=test_size)
    test_rows, validation_rows, train_rows = (
        rows.take(sorted(row for group in part for row in group))
        for part in (groups[:test_size], groups[test_size:end], groups[end:])
    )
    rare = sorted(set(labels).difference(train_rows.labels))
    if rare:
        raise InputError(name, f"has too few texts with the label {rare[0]!r} to hold some out", "give more of them")
    return Dealt(train_rows, validation_rows, test_rows)


def held_out_size(name: str, texts: int, asked: float | None, option: str = "--validation", beside: int = 0) -> int:
    """How many of ``texts`` different texts to hold out: a number (int), a share (float), or a tenth for None.

    Raises :class:`UsageError` for an impossible number and :class:`InputError` when there are too few texts, that is
    when more than half would be held out, the ``beside`` for the test included.
    """
    wanted = HELD_OUT_SHARE if asked is None else asked
    share = isinstance(wanted, float)
    if not wanted >= 0 or (share and wanted >= 1):
        raise UsageError(f"{option} {wanted}", "is no number or share of texts", "give one such as 500 or 0.1")
    size = max(1, round(wanted * texts)) if share and wanted else int(wanted)
    if beside + size <= texts // 2:
        return size
    if asked is None:
        raise InputError(name, f"has {texts} different texts, too few to hold some out", "give at least 4")
    reason = f"would hold out more than half of the {texts:,} different texts of {name}"
    raise UsageError(f"{option} {asked}", reason, "hold out fewer")


def _stratified_groups(rows: Split, seed: int) -> list[list[int]]:
    """Rows of equal text, in an order of which every beginning holds each label in its share.

    Within a label the order is that of the keys; then the i-th of n groups comes at (i + 1/2) / n of the whole.
    """
    groups: dict[bytes, list[int]] = defaultdict(list)
    for row, text in enumerate(rows.texts):
        groups[text_key(text, seed)].append(row)
    by_label: dict[str, list[bytes]] = defaultdict(list)
    for key in sorted(groups):
        by_label[min(rows.labels[row] for row in groups[key])].append(key)
    places = {key: (place + 0.5) / len(keys) for keys in by_label.values() for place, key in enumerate(keys)}
    return [groups[key] for key in sorted(groups, key=lambda key: (places[key], key))]


def with_unlabeled(corpus: Corpus, texts: Sequence[str]) -> Corpus:
    """The corpus with further texts without a label, less those that stand in its validation or test split."""
    held_out = [corpus.validation, *([corpus.test] if corpus.test is not None else [])]
    keys = {key for split in held_out for key in text_keys(split.texts)}
    kept = [text for text in texts if text_key(text) not in keys]
    unlabeled = [*corpus.unlabeled, *kept]
    counts = cast(dict[str, int], corpus.facts["texts"]) | {"unlabeled": len(unlabeled)}
    return replace(corpus, unlabeled=unlabeled, facts={**corpus.facts, "texts": counts})
