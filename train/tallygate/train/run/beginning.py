"""What a run begins with when its recipe has more than random weights: its vocabulary and its first weights.

They come from word vectors, from pretraining as a language model, and from a wide network whose words then share rows,
each as the preset asks. The result is kept in the run's folder, so it is made once.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import msgspec
import torch
from safetensors import SafetensorError
from torch import Tensor

from tallygate.runtime.errors import BundleInvalidError, InputError
from tallygate.runtime.text import Tokenizer, Vocabulary
from tallygate.train.corpora import Corpus
from tallygate.train.counts import vocabulary_from_words
from tallygate.train.folder import LAYOUT, RunFacts, read_tensors, write_tensors
from tallygate.train.loop import Trainer, new_model
from tallygate.train.network import LSTMClassifier, torch_device
from tallygate.train.presets import Preset
from tallygate.train.run.data import RunData, run_data_from_corpus, text_contract
from tallygate.train.run.network_teacher import Train, train_network
from tallygate.train.say import say
from tallygate.train.teachers import Lesson, TeacherScores
from tallygate.train.words import (
    Pretraining,
    Vectors,
    embedding_from_vectors,
    first_embedding,
    share_rows,
    shipped_vectors,
    vectors_from_file,
    vectors_from_tokens,
)

MOST_VECTORS = 30_000
"""Words of a run's own texts that have vectors."""


@dataclass(frozen=True)
class Beginning:
    """Of a run."""

    vocabulary: Vocabulary
    weights: Mapping[str, Tensor]
    """By the names of the network's ``state_dict``; those that are not here are random."""
    seconds: float = 0.0
    """What it took to make, the teacher's scores included, whenever that was."""


def is_prepared(preset: Preset, teacher: str | None) -> bool:
    """Whether a run of this recipe begins with more than random weights or learns from more than labels."""
    sections = (preset.teacher, preset.language_model)
    has_section = any(section is not None for section in sections)
    return teacher is not None or has_section or preset.shares_rows or preset.start != "none"


class Preparation:
    """Texts and what teachers say of them; begun in a folder, the data and first weights of its run."""

    def __init__(self, facts: RunFacts, corpus: Corpus | None, train: Train) -> None:
        """``corpus`` is that of ``facts`` where it has been read already; ``train`` trains a network to learn from.

        Writes nothing but the user's cache. Raises what loading the corpus and a teacher raises."""
        self._facts, self._preset, self._corpus = facts, facts.preset, corpus or facts.data.load()
        network = partial(train_network, facts, self._corpus, train)
        self._lesson = Lesson(self._corpus, facts.preset, facts.teacher, network)
        has_teacher = facts.preset.teacher is not None or facts.teacher is not None
        self._scores = self._lesson.scores if has_teacher else None

    @property
    def corpus(self) -> Corpus:
        """The texts of the run."""
        return self._corpus

    def begin(self, folder: Path) -> tuple[RunData, Beginning]:
        """The data and the beginning of the run in ``folder``; what took long is read if it is there."""
        if not is_prepared(self._preset, self._facts.teacher):
            data = run_data_from_corpus(self._corpus, self._preset)
            return data, Beginning(data.vocabulary, {})
        beginning = _stored(folder / LAYOUT.beginning)
        if beginning is None:
            start = time.perf_counter()
            beginning = _new_beginning(folder, self._facts, self._lesson, self._scores)
            taught = self._scores.seconds if self._scores is not None else 0.0
            beginning = replace(beginning, seconds=taught + time.perf_counter() - start)
            _store(folder / LAYOUT.beginning, beginning)
        return _encoded(self._lesson, self._scores, beginning.vocabulary), beginning


def _encoded(lesson: Lesson, scores: TeacherScores | None, vocabulary: Vocabulary) -> RunData:
    unlabeled = lesson.unlabeled if scores is not None else []
    return run_data_from_corpus(lesson.corpus, lesson.preset, vocabulary, scores, unlabeled)


def _stored(path: Path) -> Beginning | None:
    try:
        tensors, facts = read_tensors(path)
        vocabulary = Vocabulary.from_bytes(facts["vocabulary"].encode("utf-8"), int(facts["rows"]), path)
        return Beginning(vocabulary, tensors, float(facts["seconds"]))
    except (OSError, SafetensorError, KeyError, ValueError, BundleInvalidError):
        return None


def _store(path: Path, beginning: Beginning) -> None:
    vocabulary = beginning.vocabulary
    facts = {
        "vocabulary": vocabulary.to_bytes().decode("utf-8"),
        "rows": str(vocabulary.size),
        "seconds": f"{beginning.seconds:.1f}",
    }
    write_tensors(path, dict(beginning.weights), facts)


def _new_beginning(folder: Path, facts: RunFacts, lesson: Lesson, scores: TeacherScores | None) -> Beginning:
    preset = facts.preset
    size = preset.words.size if preset.words is not None and preset.shares_rows else preset.text.vocabulary_size
    vocabulary = vocabulary_from_words(lesson.tokens.words, size)
    data = _encoded(lesson, scores, vocabulary)
    model = _first_model(facts, lesson, data)
    if preset.language_model is not None:
        rows = _all_rows(lesson, data, preset)
        path = folder / LAYOUT.language_model
        seed = preset.training.seed
        Pretraining(model, rows, preset.language_model, seed, facts.precision, path).run()
    if not preset.shares_rows:
        return Beginning(vocabulary, _weights(model))
    _train_wide(facts, data, model)
    return _with_shared_rows(lesson, preset, vocabulary, model)


def _first_model(facts: RunFacts, lesson: Lesson, data: RunData) -> LSTMClassifier:
    preset = facts.preset
    model = new_model(data.architecture(preset), preset.training.seed, preset.training.head_scale)
    if lesson.has_documents:
        shape = model.embedding.weight.shape
        vectors = lesson.documents.words
        start = first_embedding(lesson.tokens, vectors, lesson.targets, len(data.labels), *shape)
        with torch.no_grad():
            model.embedding.weight.copy_(torch.from_numpy(start))
    if preset.start != "none":
        found = _vectors(preset, lesson, data.vocabulary)
        size, seed = model.architecture.embedding_size, preset.training.seed
        first = embedding_from_vectors(data.vocabulary, found, size, seed, preset.start)
        say(
            f"{len(found.keys() & data.vocabulary.rows.keys()):,} of {len(data.vocabulary):,} words begin with a vector"
        )
        with torch.no_grad():
            model.embedding.weight.copy_(torch.from_numpy(first))
    return model.to(torch_device(facts.device))


def _vectors(preset: Preset, lesson: Lesson, vocabulary: Vocabulary) -> Vectors:
    if preset.start == "movies":
        return shipped_vectors()
    if preset.start == "texts":
        size = preset.model.embedding_size
        if len(lesson.tokens.words) <= size:
            reason = f"hold {len(lesson.tokens.words):,} words that stand twice, too few for vectors of {size}"
            raise InputError("the texts", reason, 'set start = "none" in [words]')
        vectors = vectors_from_tokens(lesson.tokens, size, MOST_VECTORS, preset.training.seed)
        return dict(zip(lesson.tokens.words, vectors, strict=False))
    return vectors_from_file(Path(preset.start), vocabulary.rows)


def _all_rows(lesson: Lesson, data: RunData, preset: Preset) -> list[list[int]]:
    if data.distilled is not None:
        return data.distilled.rows
    tokenizer = Tokenizer(data.vocabulary, text_contract(preset))
    return [*data.train.rows, *map(tokenizer.encode, lesson.unlabeled)]


def _train_wide(facts: RunFacts, data: RunData, model: LSTMClassifier) -> None:
    words = facts.preset.words
    assert words is not None
    settings = msgspec.structs.replace(facts.preset.training, epochs=words.epochs)
    trainer = Trainer(model, settings, data.first_split, len(data.labels), facts.precision)
    for epoch in range(1, words.epochs + 1):
        totals = trainer.run_epoch(epoch)
        say(f"{data.vocabulary.size:,} rows, epoch {epoch}/{words.epochs}: loss {totals.mean_loss:.4f}")
    model.load_state_dict(trainer.evaluated.state_dict())


def _with_shared_rows(lesson: Lesson, preset: Preset, vocabulary: Vocabulary, model: LSTMClassifier) -> Beginning:
    assert preset.words is not None
    embedding = model.embedding.weight.detach().cpu().numpy()
    counts = lesson.tokens.counts
    rows, single = preset.text.vocabulary_size, preset.words.single_rows
    shared, vectors = share_rows(vocabulary, embedding, counts, rows, single)
    say(f"{len(vocabulary):,} words share {shared.size:,} rows")
    return Beginning(shared, _weights(model) | {"embedding.weight": torch.from_numpy(vectors)})


def _weights(model: LSTMClassifier) -> dict[str, Tensor]:
    return {name: tensor.detach().cpu().clone() for name, tensor in model.state_dict().items()}
