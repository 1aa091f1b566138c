"""The part ``gradients``: how the gradient vanishes or explodes on its way back, and what clipping changes."""

from __future__ import annotations

import math
from pathlib import Path

import torch
from torch import nn
from tqdm import tqdm

from tallygate.train.loop import losses
from tallygate.train.network import cpu_settings
from tallygate.train.study.context import StudyContext
from tallygate.train.study.cue_task import TITLES, CueTask
from tallygate.train.study.gradient_picture import draw_gradients
from tallygate.train.study.gradient_record import (
    ClippedTraining,
    Gradients,
    GradientSettings,
    StateGradients,
    gradient_settings,
)
from tallygate.train.study.long_dependency import train_on_cues
from tallygate.train.study.networks import Kind, RecurrentClassifier
from tallygate.train.study.part_record import read_record, write_record
from tallygate.train.study.state_gradients import recurrent_weights, state_gradient_norms

NAME = "gradients"
_KINDS: tuple[Kind, ...] = ("rnn", "lstm")


def run(context: StudyContext, folder: Path) -> None:
    """Make ``gradients.json`` and ``.png``. The task is synthetic, so they are the same for every corpus."""
    settings, path = gradient_settings(context), folder / f"{NAME}.json"
    record = read_record(path, Gradients, settings)
    if record is None:
        with cpu_settings(context.threads):
            record = _measure(settings)
        write_record(path, record)
    draw_gradients(folder / f"{NAME}.png", record)


def _measure(settings: GradientSettings) -> Gradients:
    vanishing, exploding, clipping = [], [], []
    with tqdm(total=2 * len(_KINDS) + len(settings.gains) + 2, desc=NAME, disable=None, leave=False) as bar:
        for kind in _KINDS:
            for trained in (False, True):
                vanishing.append(_vanishing(kind, trained, settings))
                bar.update()
        for gain in settings.gains:
            exploding.append(_state_gradients(f"gain {gain:g}", _scaled(gain, settings), settings))
            bar.update()
        for bound in (None, settings.clip_norm):
            clipping.append(_training(bound, settings))
            bar.update()
    return Gradients(settings=settings, vanishing=vanishing, exploding=exploding, clipping=clipping)


def _vanishing(kind: Kind, trained: bool, settings: GradientSettings) -> StateGradients:
    model = CueTask().network(kind, settings.seed)
    if trained:
        optimizer = torch.optim.Adam(model.parameters(), lr=settings.trained.learning_rate)
        train_on_cues(model, optimizer, settings.distance, _generator(settings), settings.trained)
    name = f"{TITLES[kind]}, {'after training' if trained else 'initial weights'}"
    return _state_gradients(name, model, settings)


def _state_gradients(name: str, model: RecurrentClassifier, settings: GradientSettings) -> StateGradients:
    ids, _, targets = CueTask().batch(settings.texts, settings.distance, _generator(settings))
    return StateGradients(name=name, norms=state_gradient_norms(model, ids, targets))


def _scaled(gain: float, settings: GradientSettings) -> RecurrentClassifier:
    model = CueTask().network("rnn", settings.seed)
    with torch.no_grad():
        recurrent_weights(model).mul_(gain)
    return model


def _training(bound: float | None, settings: GradientSettings) -> ClippedTraining:
    """Plain gradient descent, which takes the gradient at its word: Adam would divide its length out again."""
    model, generator = _scaled(settings.training_gain, settings), _generator(settings)
    optimizer = torch.optim.SGD(model.parameters(), lr=settings.learning_rate)
    result = ClippedTraining(bound=bound, losses=[], norms=[], applied_norms=[])
    for _ in range(settings.steps):
        ids, lengths, targets = CueTask().batch(settings.texts, settings.training_distance, generator)
        loss = losses(model(ids, lengths), targets).mean()
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        norm = nn.utils.clip_grad_norm_(model.parameters(), bound or math.inf)
        if not (math.isfinite(loss.item()) and math.isfinite(norm.item())):
            break
        optimizer.step()
        result.losses.append(loss.item())
        result.norms.append(norm.item())
        result.applied_norms.append(
            nn.utils.get_total_norm(p.grad for p in model.parameters() if p.grad is not None).item()
        )
    return result


def _generator(settings: GradientSettings) -> torch.Generator:
    return torch.Generator().manual_seed(settings.seed + 1)
