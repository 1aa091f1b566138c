"""The part ``embeddings``: what word2vec learnt without labels, as neighbours, analogies and an axis of labels."""

from __future__ import annotations

from pathlib import Path

import msgspec
from gensim.models import KeyedVectors
from tqdm import tqdm

from tallygate.train.study.analogies import AnalogyScore, answered
from tallygate.train.study.axis_picture import draw_axes
from tallygate.train.study.context import StudyContext
from tallygate.train.study.label_axis import LabelAxis, label_axis
from tallygate.train.study.part_record import read_record, write_record
from tallygate.train.study.word2vec import VectorKind

NAME = "embeddings"
VECTOR_KINDS: tuple[VectorKind, ...] = ("cbow", "skip-gram")
QUERIES = ("good", "terrible", "funny", "boring", "actor", "plot", "music", "king", "war", "paris")
"""Words whose neighbours are listed, where they have a vector; else the telling words of the labels are taken."""
_NEIGHBOURS, _LEAST_QUERIES = 8, 4


class EmbeddingSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What decides the figures."""

    study: str
    """Hash of the texts, labels and seed."""
    size: int = 100
    """Of a vector: that of the literature's small ones, since neighbours and analogies want more than 32."""


class VectorReport(msgspec.Struct, frozen=True, kw_only=True):
    """One way of training."""

    kind: VectorKind
    words: int
    """That have a vector."""
    seconds: float
    neighbours: dict[str, list[tuple[str, float]]]
    """The nearest words with their cosines, by query."""
    analogies: AnalogyScore
    axis: LabelAxis


class Embeddings(msgspec.Struct, frozen=True, kw_only=True):
    """``embeddings.json``."""

    settings: EmbeddingSettings
    reports: list[VectorReport]


def run(context: StudyContext, folder: Path) -> None:
    """Make ``embeddings.json`` and ``.png``. With more than two labels the axis is of the two most frequent."""
    settings, path = EmbeddingSettings(study=context.sha256()), folder / f"{NAME}.json"
    record = read_record(path, Embeddings, settings)
    if record is None:
        kinds = tqdm(VECTOR_KINDS, desc=NAME, disable=None, leave=False)
        record = Embeddings(settings=settings, reports=[_report(context, kind, settings.size) for kind in kinds])
        write_record(path, record)
    texts = len(context.tokens.train) + len(context.tokens.unlabeled)
    draw_axes(
        folder / f"{NAME}.png",
        {report.kind: report.axis for report in record.reports},
        f"{context.corpus.name}: words on the axis between the labels, by word2vec from {texts:,} texts without labels",
    )


def _report(context: StudyContext, kind: VectorKind, size: int) -> VectorReport:
    trained = context.trained_vectors(kind, size)
    vectors, axis = trained.vectors, label_axis(context, trained.vectors)
    return VectorReport(
        kind=kind,
        words=len(vectors),
        seconds=round(trained.seconds, 2),
        neighbours={query: _neighbours(vectors, query) for query in _queries(vectors, axis)},
        analogies=answered(vectors),
        axis=axis,
    )


def _queries(vectors: KeyedVectors, axis: LabelAxis) -> list[str]:
    known = [word for word in QUERIES if word in vectors]
    if len(known) >= _LEAST_QUERIES:
        return known
    telling = sorted(axis.words, key=lambda word: (-abs(word.lean), word.word))
    return [word.word for word in telling[: len(QUERIES)]]


def _neighbours(vectors: KeyedVectors, query: str) -> list[tuple[str, float]]:
    return [(word, round(float(cosine), 4)) for word, cosine in vectors.most_similar(query, topn=_NEIGHBOURS)]
