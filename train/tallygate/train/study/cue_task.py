"""A task that only memory solves: name the first token, after any number of tokens that say nothing."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from tallygate.train.network import Architecture
from tallygate.train.study.networks import Kind, RecurrentClassifier

TITLES: dict[Kind, str] = {"rnn": "simple RNN", "gru": "GRU", "lstm": "LSTM"}
COLORS: dict[Kind, str] = {"rnn": "tab:orange", "gru": "tab:green", "lstm": "tab:blue"}
EMBEDDING_SIZE, UNITS = 8, 32


@dataclass(frozen=True)
class CueTask:
    """One of ``cues`` tokens, then noise drawn evenly from ``noise_words`` others; the label is the cue."""

    cues: int = 4
    noise_words: int = 8

    @property
    def chance(self) -> float:
        """Accuracy of a guess."""
        return 1 / self.cues

    def batch(self, rows: int, noise: int, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
        """Ids int64 [rows, 1 + noise], lengths int64 [rows] and targets int64 [rows]."""
        targets = torch.randint(self.cues, (rows,), generator=generator)
        words = torch.randint(self.cues, self.cues + self.noise_words, (rows, noise), generator=generator)
        return torch.cat([targets.unsqueeze(1), words], dim=1), torch.full((rows,), 1 + noise), targets

    def network(self, kind: Kind, seed: int) -> RecurrentClassifier:
        """A network with its usual initial weights that answers by its last state.

        Word vectors begin at unit variance, so that a cue is seen: a classifier's begin near zero, which costs the
        simple RNN most.
        """
        architecture = Architecture(
            vocabulary_size=self.cues + self.noise_words,
            embedding_size=EMBEDDING_SIZE,
            hidden_size=UNITS,
            outputs=self.cues,
        )
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            embedding = torch.randn(architecture.vocabulary_size, EMBEDDING_SIZE)
            return RecurrentClassifier(kind, architecture, embedding)
