"""Analogies by word vectors: a is to b as c is to b - a + c (Mikolov et al. 2013), on a list of our own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import permutations

import msgspec
from gensim.models import KeyedVectors

PAIRS: Mapping[str, Sequence[tuple[str, str]]] = {
    "woman of": (
        ("man", "woman"), ("king", "queen"), ("boy", "girl"), ("actor", "actress"), ("father", "mother"),
        ("husband", "wife"), ("brother", "sister"), ("son", "daughter"), ("uncle", "aunt"), ("prince", "princess"),
        ("hero", "heroine"), ("he", "she"),
    ),
    "more": (("good", "better"), ("bad", "worse"), ("big", "bigger"), ("small", "smaller"), ("strong", "stronger")),
    "several": (("film", "films"), ("actor", "actors"), ("scene", "scenes"), ("child", "children"), ("man", "men")),
    "past of": (("is", "was"), ("has", "had"), ("goes", "went"), ("makes", "made"), ("comes", "came")),
    "who does": (("acting", "actor"), ("directing", "director"), ("writing", "writer"), ("singing", "singer")),
}  # fmt: skip
"""Relations. Every two pairs of one make two questions: king - man + woman is ``queen``, and the other way round."""
CANDIDATES = 10_000
"""Most frequent words, among which the answer is sought; the question's own are left out, as is the custom."""
_NEAREST = 5


class Analogy(msgspec.Struct, frozen=True, kw_only=True):
    """One question: ``a`` is to ``b`` as ``c`` is to what?"""

    relation: str
    a: str
    b: str
    c: str
    expected: str
    answers: list[str]
    """The five nearest words to b - a + c, the nearest first."""

    @property
    def right(self) -> bool:
        """Whether the nearest word is the expected one."""
        return self.answers[:1] == [self.expected]


class AnalogyScore(msgspec.Struct, frozen=True, kw_only=True):
    """Answers to the whole list."""

    asked: int
    unknown: int
    """Questions with a word that has no vector: they are not asked."""
    right: int
    """Questions whose expected answer is the nearest word."""
    among_five: int
    """Questions whose expected answer is among the five nearest words."""
    right_by_relation: dict[str, tuple[int, int]]
    """Right and asked."""
    questions: list[Analogy]


def answered(vectors: KeyedVectors) -> AnalogyScore:
    """Ask everything that the vectors have words for."""
    questions = [(name, *one, *other) for name, pairs in PAIRS.items() for one, other in permutations(pairs, 2)]
    known = [question for question in questions if all(word in vectors for word in question[1:])]
    answers = [_answer(vectors, *question) for question in known]
    by_relation = {name: [answer for answer in answers if answer.relation == name] for name in PAIRS}
    return AnalogyScore(
        asked=len(known),
        unknown=len(questions) - len(known),
        right=sum(answer.right for answer in answers),
        among_five=sum(answer.expected in answer.answers for answer in answers),
        right_by_relation={name: (sum(one.right for one in group), len(group)) for name, group in by_relation.items()},
        questions=answers,
    )


def _answer(vectors: KeyedVectors, relation: str, a: str, b: str, c: str, expected: str) -> Analogy:
    """``permutations`` gives (man, woman), (king, queen): man is to woman as king is to ``queen``."""
    limit = min(CANDIDATES, len(vectors))
    found = vectors.most_similar(positive=[b, c], negative=[a], topn=_NEAREST, restrict_vocab=limit)
    return Analogy(relation=relation, a=a, b=b, c=c, expected=expected, answers=[word for word, _ in found])
