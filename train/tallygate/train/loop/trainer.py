"""The training loop: steps and epochs. Everything random in an epoch comes from the seed and the epoch's number."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.optim.swa_utils import AveragedModel

from tallygate.runtime.errors import TallygateError
from tallygate.runtime.text import UNKNOWN
from tallygate.train.loop.batching import EncodedSplit, TensorBatch, shuffled_batches, tensors_of
from tallygate.train.loop.distributed import ALONE, World
from tallygate.train.loop.objective import balanced_weights, losses, predicted, smoothed, soft_losses
from tallygate.train.loop.schedule import learning_rate
from tallygate.train.network import Architecture, LSTMClassifier, Precision, autocast
from tallygate.train.presets import TrainingPreset


class DivergenceError(TallygateError, FloatingPointError):
    """The loss or its gradient is no number any more, so the weights are worth nothing."""

    exit_code = 1


@dataclass
class EpochTotals:
    """What an epoch has summed up so far."""

    epoch: int
    rows: int = 0
    loss: float = 0.0
    right: int = 0
    learning_rate: float = 0.0

    @property
    def mean_loss(self) -> float:
        """Nats per row."""
        return self.loss / max(self.rows, 1)

    @property
    def accuracy(self) -> float:
        """Share of right labels."""
        return self.right / max(self.rows, 1)


OnStep = Callable[[EpochTotals], None]


def new_model(architecture: Architecture, seed: int, head_scale: float = 1.0) -> LSTMClassifier:
    """A network with the initial weights that ``seed`` decides; the caller's random state is left as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(_torch_seed(seed, 0))
        model = LSTMClassifier(architecture)
    with torch.no_grad():
        model.head.weight *= head_scale
    return model


class Trainer:
    """A model on its way: weights, optimizer, and their moving average if the preset asks for one."""

    def __init__(
        self,
        model: LSTMClassifier,
        preset: TrainingPreset,
        train: EncodedSplit,
        labels: int,
        precision: Precision,
        world: World = ALONE,
        epochs_before: int = 0,
    ) -> None:
        """``labels`` is the number of labels. The model is trained in place, on the device where it is.

        ``epochs_before`` counts epochs of an earlier stage: epochs go on from there, the schedule begins anew.
        """
        self.model, self.train, self._preset, self._precision = model, train, preset, precision
        self._labels, self._epochs_before = labels, epochs_before
        self.device, self._world, self._parallel = next(model.parameters()).device, world, world.parallel(model)
        self.optimizer = _optimizer(model, preset)
        self.average = _moving_average(model, preset)
        balanced = preset.class_weights == "balanced"
        class_weights = balanced_weights(train.targets, labels) if balanced else torch.ones(labels)
        self._class_weights = class_weights.to(self.device)
        self.steps_per_epoch = math.ceil(len(train) / preset.batch_size)

    @property
    def evaluated(self) -> LSTMClassifier:
        """The model that is scored and kept: the average where there is one."""
        if self.average is None:
            return self.model
        return cast(LSTMClassifier, self.average.module)

    def run_epoch(self, epoch: int, on_step: OnStep = lambda totals: None) -> EpochTotals:
        """Train on every row once. ``epoch`` counts from 1; ``on_step`` sees the totals after each step.

        Raises :class:`DivergenceError` when the loss or its gradient is not finite.
        """
        totals = EpochTotals(epoch)
        batches = shuffled_batches(self.train, self._preset.batch_size, self._preset.seed, epoch)
        self.model.train()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(_torch_seed(self._preset.seed, epoch, self._world.rank))
            for index, indices in enumerate(batches):
                done = epoch - 1 - self._epochs_before
                self._set_learning_rate(totals, done * self.steps_per_epoch + index)
                share = self._world.share_of(indices)
                batch = replace(tensors_of(self.train, share.indices), weight=share.weight)
                self.step(batch.to(self.device), totals)
                on_step(totals)
        return self._of_all(totals)

    def step(self, batch: TensorBatch, totals: EpochTotals) -> None:
        """One step of the optimizer, added to ``totals``."""
        self.optimizer.zero_grad()
        ids = self._with_unknown_words(batch.ids)
        if self._preset.adversarial:
            shift = torch.zeros((*ids.shape, self.model.architecture.embedding_size), device=ids.device)
            logits, row_losses, loss = self._backward(ids, batch, 0.5, shift.requires_grad_())
            self._backward(ids, batch, 0.5, self._toward_greater_loss(shift))
        else:
            logits, row_losses, loss = self._backward(ids, batch, 1.0)
        norm = nn.utils.clip_grad_norm_(self.model.parameters(), self._preset.clip_norm or math.inf)
        if not (math.isfinite(loss.item()) and math.isfinite(norm.item())):
            raise _divergence(totals.epoch, loss)
        self.optimizer.step()
        if self.average is not None:
            self.average.update_parameters(self.model)
        if batch.weight:
            totals.rows += len(batch.targets)
            totals.loss += row_losses.sum().item()
            totals.right += int((predicted(logits) == batch.targets).sum())

    def _backward(
        self, ids: Tensor, batch: TensorBatch, share: float, shift: Tensor | None = None
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Logits, the loss of each row, and the mean loss, ``share`` of whose gradient is added to the weights'."""
        with autocast(self._precision, self.device.type):
            logits = self._parallel(ids, batch.lengths, shift)
        row_losses = self._losses(logits, batch)
        loss = (row_losses * self._class_weights[batch.targets]).mean() * batch.weight
        (loss * share).backward()  # type: ignore[no-untyped-call]
        return logits, row_losses, loss

    def _toward_greater_loss(self, shift: Tensor) -> Tensor:
        """Along each row's gradient, float [batch, time, embedding_size], as long as the preset says."""
        assert shift.grad is not None
        scale = self.model.embedding.weight.detach().square().mean().sqrt()
        return functional.normalize(shift.grad.flatten(1)).view_as(shift) * (scale * self._preset.adversarial)

    def _with_unknown_words(self, ids: Tensor) -> Tensor:
        if not self._preset.word_dropout:
            return ids
        return ids.masked_fill(torch.rand(ids.shape, device=ids.device) < self._preset.word_dropout, UNKNOWN)

    def _losses(self, logits: Tensor, batch: TensorBatch) -> Tensor:
        smoothing, wanted = self._preset.label_smoothing, batch.probabilities
        if wanted is None and not smoothing:
            return losses(logits, batch.targets)
        if wanted is None:
            wanted = functional.one_hot(batch.targets, self._labels).to(logits.dtype)
        return soft_losses(logits, smoothed(wanted, smoothing))

    def _of_all(self, totals: EpochTotals) -> EpochTotals:
        """The totals of all processes together."""
        rows, loss, right = self._world.sums([totals.rows, totals.loss, totals.right], self.device)
        return replace(totals, rows=int(rows), loss=loss, right=int(right))

    def _set_learning_rate(self, totals: EpochTotals, step: int) -> None:
        steps = self._preset.epochs * self.steps_per_epoch
        totals.learning_rate = learning_rate(self._preset, step, steps)
        for group in self.optimizer.param_groups:
            group["lr"] = totals.learning_rate * group["scale"]


def _optimizer(model: nn.Module, preset: TrainingPreset) -> torch.optim.Optimizer:
    kind = torch.optim.AdamW if preset.optimizer == "adamw" else torch.optim.Adam
    scales = {"head.weight": preset.head_scale, "embedding.weight": preset.embedding_rate}
    groups: list[dict[str, Any]] = []
    for name, parameter in model.named_parameters():
        decay = 0.0 if name == "embedding.weight" else preset.weight_decay
        groups.append({"params": [parameter], "scale": scales.get(name, 1.0), "weight_decay": decay})
    return kind(groups, lr=preset.learning_rate, weight_decay=preset.weight_decay)


def _moving_average(model: nn.Module, preset: TrainingPreset) -> AveragedModel | None:
    if not preset.ema_decay:
        return None

    def average(averaged: Tensor, current: Tensor, step: Tensor | int) -> Tensor:
        decay = min(preset.ema_decay, (1 + int(step)) / (10 + int(step)))
        return averaged.lerp(current, 1.0 - decay)

    return AveragedModel(model, avg_fn=average)


def _torch_seed(seed: int, epoch: int, rank: int = 0) -> int:
    """Every process drops out other units."""
    source = [seed, epoch, rank] if rank else [seed, epoch]
    return int(np.random.SeedSequence(source).generate_state(1, np.uint64)[0] >> np.uint64(1))


def _divergence(epoch: int, loss: Tensor) -> DivergenceError:
    mend = "lower learning_rate or set clip_norm in the preset"
    return DivergenceError(f"epoch {epoch}", f"the loss is {loss.item()} or its gradient is not finite", mend)
