"""What a run is taught: a teacher's probabilities for its texts, and word vectors where the teacher has them."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load_file, save

from tallygate.runtime.errors import InputError, InputNotFoundError
from tallygate.runtime.outputs import write_bytes
from tallygate.train.baselines import Logits, mean_of, ngram_teacher, probabilities
from tallygate.train.corpora import Corpus, text_key, text_keys
from tallygate.train.counts import Tokens, tokens_from_texts
from tallygate.train.presets import Preset, TeacherPreset, load_preset
from tallygate.train.say import say
from tallygate.train.teachers.cache import cached_path, locked
from tallygate.train.teachers.documents import DocumentVectors, document_teacher, document_vectors
from tallygate.train.teachers.run_teacher import identity_of_run, logits_by_run
from tallygate.train.teachers.scores import Probabilities, TeacherScores, read_scores, seconds_of_scores, write_scores


def distinct_unlabeled(corpus: Corpus) -> list[str]:
    """The corpus' texts without a label, each once, without those of its training split."""
    seen = text_keys(corpus.train.texts)
    kept = []
    for text in corpus.unlabeled:
        key = text_key(text)
        if key not in seen:
            seen.add(key)
            kept.append(text)
    return kept


@dataclass(frozen=True)
class Lesson:
    """The texts of a run and what teachers make of them. Everything is made when it is first asked for."""

    corpus: Corpus
    preset: Preset
    teacher: str | None = None
    """A run's folder or a Parquet file of scores, in the place of the preset's models."""
    train_network: Callable[[str], Path] | None = None
    """From the name of a preset to the folder of its finished run, where the preset may ask for one."""

    @cached_property
    def unlabeled(self) -> list[str]:
        """Texts without a label that are of use to this run."""
        return distinct_unlabeled(self.corpus)

    @cached_property
    def texts(self) -> list[str]:
        """Training texts, then those without a label."""
        return [*self.corpus.train.texts, *self.unlabeled]

    @cached_property
    def tokens(self) -> Tokens:
        """Of :attr:`texts`, whole."""
        return tokens_from_texts(self.texts, self.preset.text.punctuation)

    @cached_property
    def targets(self) -> NDArray[np.int64]:
        """[training texts] position of each label."""
        return self.corpus.targets(self.corpus.train)

    @cached_property
    def scores(self) -> TeacherScores:
        """The teacher's probabilities. Raises what reading a teacher of the user's raises."""
        if self.teacher is not None and Path(self.teacher).suffix == ".parquet":
            return self._split(read_scores(Path(self.teacher), self.texts, self.corpus.labels))
        path = cached_path("scores", ".parquet", self._decisive())
        with locked(path):
            try:
                found = read_scores(path, self.texts, self.corpus.labels)
            except (InputError, InputNotFoundError):
                reading = self.documents.seconds if self.has_documents else 0.0
                network = self._network_run()
                start = time.perf_counter()
                made = self._new_scores(network)
                seconds = reading + time.perf_counter() - start
                write_scores(path, self.texts, made, self.corpus.labels, seconds)
                # Texts that stand twice have one score in the file: this run learns what later ones will.
                found = read_scores(path, self.texts, self.corpus.labels)
            return self._split(found, seconds_of_scores(path))

    @cached_property
    def documents(self) -> DocumentVectors:
        """Document and word vectors of :attr:`texts`; they know no label."""
        preset = self._teacher_preset
        settings = f"{preset.document_size} {preset.document_epochs}".encode()
        path = cached_path("documents", ".safetensors", [settings, *self._encoded_texts()])
        with locked(path):
            try:
                arrays = load_file(path)
                return DocumentVectors(arrays["texts"], arrays["words"], float(arrays["seconds"][0]))
            except (OSError, SafetensorError, KeyError):
                say(
                    f"document vectors: {len(self.texts):,} texts, {preset.document_epochs} epochs, kept for later runs"
                )
                vectors = document_vectors(self.tokens, preset.document_size, preset.document_epochs)
                seconds = np.array([vectors.seconds])
                write_bytes(path, save({"texts": vectors.texts, "words": vectors.words, "seconds": seconds}))
                return vectors

    @property
    def has_documents(self) -> bool:
        """Whether word vectors come with the teacher."""
        teacher = self.preset.teacher
        return teacher is not None and self.teacher is None and "documents" in teacher.models

    @property
    def _network(self) -> str | None:
        return self._teacher_preset.network if self.teacher is None else None

    @property
    def _teacher_preset(self) -> TeacherPreset:
        return self.preset.teacher or TeacherPreset()

    def _split(self, values: Probabilities, seconds: float = 0.0) -> TeacherScores:
        rows = len(self.corpus.train)
        return TeacherScores(values[:rows], values[rows:], seconds)

    def _decisive(self) -> Iterator[bytes]:
        """All that decides the scores."""
        yield msgspec.json.encode(self._teacher_preset)
        if network := self._network:
            yield msgspec.json.encode(load_preset(network))
        yield b"" if self.teacher is None else identity_of_run(Path(self.teacher))
        yield msgspec.json.encode(self.corpus.train.labels)
        yield from self._encoded_texts()

    def _encoded_texts(self) -> Iterator[bytes]:
        yield self.preset.text.punctuation.encode()
        yield from (text.encode() for text in self.texts)

    def _network_run(self) -> Path | None:
        """A finished run, with a time of its own: it does not count as this one's preparation."""
        if self._network is None or not self.unlabeled:
            return None
        assert self.train_network is not None
        folder = self.train_network(self._network)
        say(f"teacher {self._network}: {folder}")
        return folder

    def _new_scores(self, network: Path | None) -> Probabilities:
        if self.teacher is not None:
            return probabilities(logits_by_run(Path(self.teacher), self.texts, self.corpus.labels))
        logits = self._new_logits(self._teacher_preset.models)
        unlabeled = logits.unlabeled
        if network is not None:
            unlabeled = (unlabeled + logits_by_run(network, self.unlabeled, self.corpus.labels)) / 2
        return np.concatenate([probabilities(logits.train), probabilities(unlabeled)])

    def _new_logits(self, models: Sequence[str]) -> Logits:
        found = [self._logits_of(model) for model in models]
        for model, logits in zip(models, found, strict=True):
            say(f"teacher {model}: out-of-fold accuracy {logits.accuracy(self.targets):.2%}")
        if len(found) == 1:
            return found[0]
        mean = mean_of(found, self.targets)
        say(f"teachers together: out-of-fold accuracy {mean.accuracy(self.targets):.2%}")
        return mean

    def _logits_of(self, model: str) -> Logits:
        folds = self._teacher_preset.folds
        if model == "ngrams":
            return ngram_teacher(self.tokens, self.targets, folds)
        return document_teacher(self.documents.texts, self.targets, folds)
