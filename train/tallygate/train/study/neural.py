"""The networks of the comparison: the same sizes and the same training for all, and the best epoch by validation."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from typing import Literal

import msgspec
import numpy as np
import torch
from torch import Tensor

from tallygate.runtime.text import FIRST_WORD, UNKNOWN, Vocabulary
from tallygate.train.counts import ranked_words, vocabulary_from_words
from tallygate.train.loop import DivergenceError, EncodedSplit, Trainer, losses, predicted
from tallygate.train.network import (
    Architecture,
    LSTMClassifier,
    Precision,
    cpu_settings,
    parameter_count,
    resolve_precision,
)
from tallygate.train.presets import TrainingPreset
from tallygate.train.run import copy_of_weights
from tallygate.train.scores import evaluate
from tallygate.train.study.contestant import Contestant, Fitted, Found, NotHereError, Settings, Size
from tallygate.train.study.context import EMBEDDING_SIZE, StudyContext
from tallygate.train.study.networks import MlpClassifier, OneHotLSTMClassifier, RecurrentClassifier
from tallygate.train.study.word2vec import VectorKind
from tallygate.train.words import SPREAD

VOCABULARY_SIZE, UNITS, MAX_LENGTH = 5000, 100, 600
"""The report's: rows of the embedding, units of a layer, and the last tokens of a text that are read."""
LEARNING_RATE = 2e-3
_STEPS, _LEAST_EPOCHS, _MOST_EPOCHS, _QUICK_EPOCHS = 1000, 3, 60, 2
"""Steps that training aims at, in so many epochs."""

Network = Callable[[StudyContext, Architecture, Vocabulary], LSTMClassifier]


class Encoder:
    """Tokens to ids, as the product's tokenizer does it."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self.vocabulary = vocabulary
        self._rows = dict(vocabulary.rows)

    def encode(self, texts: Sequence[list[str]], targets: Found | None = None) -> EncodedSplit:
        """Ids of the last tokens of each text; one unknown word where there is no token."""
        get = self._rows.get
        rows = [[get(token, UNKNOWN) for token in tokens[-MAX_LENGTH:]] or [UNKNOWN] for tokens in texts]
        return EncodedSplit(rows, np.zeros(len(rows), dtype=np.int64) if targets is None else targets)


class FittedNetwork(Fitted):
    """A network with the weights of its best epoch."""

    def __init__(self, model: LSTMClassifier, encoder: Encoder, threads: int, epoch: int, train_seconds: float) -> None:
        self.model, self._encoder, self._threads = model, encoder, threads
        self._epoch, self.train_seconds = epoch, train_seconds

    def predict(self, texts: Sequence[list[str]]) -> Found:
        """Labels of texts, each given as its tokens. In float32, in batches of like length."""
        with cpu_settings(self._threads):
            return predicted(evaluate(self.model, self._encoder.encode(texts))).numpy()

    def size(self) -> Size:
        """Weights and words."""
        parameters = parameter_count(self.model)
        return Size(parameters, 4 * parameters, len(self._encoder.vocabulary.to_bytes()))

    def learnt_settings(self) -> Settings:
        """The best epoch."""
        return {"epoch": self._epoch}


class NeuralContestant(Contestant):
    """One network."""

    family = "neural"

    def __init__(
        self, name: str, network: Network, *, features: str = "learned embedding", vectors: VectorKind | None = None,
        lstm_kernel: bool = True,
    ) -> None:  # fmt: skip
        """``lstm_kernel`` says whether bfloat16 is the faster arithmetic, which it is not for simple RNNs and GRUs."""
        self.name, self.features, self._network, self._vectors = name, features, network, vectors
        self._precision: Literal["auto", "float32"] = "auto" if lstm_kernel else "float32"

    def candidates(self, context: StudyContext) -> list[Settings]:
        """One: all networks have the same sizes and training. Validation chooses the epoch."""
        preset = training_preset(context)
        sizes = {"vocabulary": VOCABULARY_SIZE, "embedding": EMBEDDING_SIZE, "units": UNITS, "max_length": MAX_LENGTH}
        training = {"epochs": preset.epochs, "batch_size": preset.batch_size, "learning_rate": preset.learning_rate}
        return [{**sizes, **training, "schedule": preset.schedule, "precision": self._resolved}]

    @property
    def _resolved(self) -> Precision:
        return resolve_precision(self._precision)

    def fit(self, context: StudyContext, settings: Settings) -> FittedNetwork:
        """Train every epoch and keep the best one. Raises :class:`NotHereError` when the weights diverge."""
        encoder = Encoder(vocabulary_from_words(ranked_words(context.tokens.train), VOCABULARY_SIZE))
        model = self._new_model(context, encoder.vocabulary)
        before = context.trained_vectors(self._vectors).seconds if self._vectors is not None else 0.0
        try:
            with cpu_settings(context.threads):
                epoch, seconds = _train(model, context, encoder, self._resolved)
        except DivergenceError as error:
            raise NotHereError(self.name, error.reason, "it is left out") from error
        return FittedNetwork(model, encoder, context.threads, epoch, before + seconds)

    def _new_model(self, context: StudyContext, vocabulary: Vocabulary) -> LSTMClassifier:
        architecture = Architecture(
            vocabulary_size=vocabulary.size, embedding_size=EMBEDDING_SIZE, hidden_size=UNITS, outputs=context.outputs
        )
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(context.seed)
            return self._network(context, architecture, vocabulary)


def training_preset(context: StudyContext) -> TrainingPreset:
    """The same for every network: as many steps as IMDB needs, in more epochs where there are fewer texts."""
    texts = len(context.tokens.train)
    batch_size = 64 if texts >= 10_000 else 32 if texts >= 1000 else 16
    epochs = min(_MOST_EPOCHS, max(_LEAST_EPOCHS, math.ceil(_STEPS / math.ceil(texts / batch_size))))
    return TrainingPreset(
        epochs=_QUICK_EPOCHS if context.quick else epochs,
        batch_size=batch_size,
        learning_rate=LEARNING_RATE,
        schedule="cosine",
        seed=context.seed,
    )


def word2vec_embedding(context: StudyContext, vocabulary: Vocabulary, kind: VectorKind) -> Tensor:
    """float32 [rows, size]: word vectors brought to one spread; words without one are zero."""
    vectors = context.word_vectors(kind)
    embedding = torch.zeros(vocabulary.size, vectors.vector_size)
    for word, row in vocabulary.rows.items():
        if word in vectors:
            embedding[row] = torch.tensor(vectors[word])
    return embedding * (SPREAD / embedding[FIRST_WORD:].std().clamp_min(1e-9))


def _train(model: LSTMClassifier, context: StudyContext, encoder: Encoder, precision: Precision) -> tuple[int, float]:
    """The best epoch, whose weights ``model`` has then, and the seconds of training."""
    preset = training_preset(context)
    train = encoder.encode(context.tokens.train, context.targets["train"])
    validation = encoder.encode(context.tokens.validation, context.targets["validation"])
    trainer = Trainer(model, preset, train, len(context.labels), precision)
    best_rank, best_epoch, best_weights, seconds = (-1.0, 0.0), 0, copy_of_weights(model), 0.0
    for epoch in range(1, preset.epochs + 1):
        start = time.process_time()
        trainer.run_epoch(epoch)
        seconds += time.process_time() - start
        rank = _rank(model, validation)
        if rank > best_rank:
            best_rank, best_epoch, best_weights = rank, epoch, copy_of_weights(model)
    model.load_state_dict(best_weights)
    return best_epoch, seconds


def _rank(model: LSTMClassifier, validation: EncodedSplit) -> tuple[float, float]:
    """What the best epoch has most of: accuracy and, among equals, the lower loss."""
    logits, targets = evaluate(model, validation), torch.from_numpy(validation.targets)
    accuracy = (predicted(logits) == targets).float().mean().item()
    return accuracy, -losses(logits, targets).mean().item()


def _recurrent(kind: Literal["rnn", "gru", "lstm"], bidirectional: bool = False) -> Network:
    def network(context: StudyContext, architecture: Architecture, vocabulary: Vocabulary) -> LSTMClassifier:
        return RecurrentClassifier(kind, msgspec.structs.replace(architecture, bidirectional=bidirectional))

    return network


def _over_word2vec(kind: VectorKind) -> Network:
    def network(context: StudyContext, architecture: Architecture, vocabulary: Vocabulary) -> LSTMClassifier:
        return RecurrentClassifier("lstm", architecture, word2vec_embedding(context, vocabulary, kind))

    return network


def neural_contestants() -> list[Contestant]:
    """Five networks over a learned embedding, and the LSTM over three other ways to turn words into numbers."""
    return [
        NeuralContestant("MLP", lambda c, a, v: MlpClassifier(a), features="average of learned embeddings"),
        NeuralContestant("simple RNN", _recurrent("rnn"), lstm_kernel=False),
        NeuralContestant("GRU", _recurrent("gru"), lstm_kernel=False),
        NeuralContestant("LSTM", _recurrent("lstm")),
        NeuralContestant("bidirectional LSTM", _recurrent("lstm", bidirectional=True)),
        NeuralContestant("LSTM, one-hot", lambda c, a, v: OneHotLSTMClassifier(a), features="one-hot words"),
        NeuralContestant(
            "LSTM, word2vec CBOW", _over_word2vec("cbow"), features="word2vec CBOW, trained on", vectors="cbow"
        ),
        NeuralContestant(
            "LSTM, word2vec skip-gram", _over_word2vec("skip-gram"), features="word2vec skip-gram, trained on",
            vectors="skip-gram",
        ),
    ]  # fmt: skip
