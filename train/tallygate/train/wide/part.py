"""From fitted n-grams and a trained LSTM to the one model that is kept."""

from __future__ import annotations

import copy

import msgspec
import numpy as np
import torch

from tallygate.runtime.ngrams import as_bytes
from tallygate.train.network import LSTMClassifier, NgramPart
from tallygate.train.wide.fit import LinearNgrams
from tallygate.train.wide.hashing import perfect_hash
from tallygate.train.wide.mixing import Mixture

_LARGEST_CODE, _LEAST_SCALE = 127, float(np.finfo(np.float32).tiny)


def part_from_ngrams(ngrams: LinearNgrams) -> NgramPart:
    """The n-gram part that adds what the weights say; its intercepts are left to the LSTM's head.

    Each output's largest weight becomes code 127.
    """
    features, weights = ngrams.features, ngrams.weights
    found = perfect_hash(features.columns())
    scales = np.maximum(np.abs(weights).max(axis=0) / _LARGEST_CODE, _LEAST_SCALE)
    codes = np.rint(weights / scales).astype(np.int8)
    part = NgramPart(found.shape, features.words, weights.shape[1])
    rows = np.zeros((features.words + found.shape.slots, weights.shape[1]), dtype=np.int8)
    rows[: features.words] = codes[: features.words]
    rows[features.words + found.slots] = codes[features.words :]
    part.codes.copy_(torch.from_numpy(rows))
    part.keys[torch.from_numpy(found.slots)] = torch.from_numpy(features.keys)
    part.scales.copy_(torch.from_numpy(scales.astype(np.float32)))
    part.displacements.copy_(torch.from_numpy(as_bytes(found.displacements)))
    part.fingerprints.copy_(torch.from_numpy(as_bytes(found.fingerprints)))
    return part


def mixed_model(model: LSTMClassifier, ngrams: LinearNgrams, part: NgramPart, mixture: Mixture) -> LSTMClassifier:
    """A copy of ``model`` with the n-grams beside it; ``part`` is theirs.

    The shares are folded in: the LSTM's into its head, the n-grams' into their scales.
    """
    architecture = msgspec.structs.replace(model.architecture, ngrams=part.shape)
    mixed = LSTMClassifier(architecture)
    weights = model.state_dict() | {f"ngrams.{name}": value for name, value in copy.deepcopy(part).state_dict().items()}
    mixed.load_state_dict(weights)
    assert mixed.ngrams is not None
    with torch.no_grad():
        intercepts = torch.from_numpy(ngrams.intercepts) * mixture.ngram_share
        mixed.head.weight.mul_(mixture.lstm_share)
        mixed.head.bias.mul_(mixture.lstm_share).add_(intercepts)
        mixed.ngrams.scales.mul_(mixture.ngram_share)
    return mixed.eval()
