"""The stages of a run: all texts by a teacher's word where there is one, then perhaps the labelled ones alone, then
perhaps these with crops and short sentences.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import msgspec
from torch import Tensor

from tallygate.train.loop import EncodedSplit
from tallygate.train.presets import Preset, TrainingPreset
from tallygate.train.run.data import RunData
from tallygate.train.run.short import ShortRows
from tallygate.train.scores import Stage


@dataclass(frozen=True)
class StagePlan:
    """What one stage reads, and how."""

    name: Stage
    settings: TrainingPreset
    rows: int
    """Of its split."""
    split_of: Callable[[Mapping[str, Tensor]], EncodedSplit]
    """From the weights that the stage begins with to what it reads."""
    members: int = 1
    """Trainings one after another, each from those weights."""
    pull: float | None = None
    """Where the members' weights are averaged in the end: the share of those that the stage began with."""

    @property
    def epochs(self) -> int:
        """Epochs at most, of all members."""
        return self.settings.epochs * self.members

    @property
    def steps_per_epoch(self) -> int:
        """Batches."""
        return math.ceil(self.rows / self.settings.batch_size)

    @property
    def steps(self) -> int:
        """Of the whole stage."""
        return self.epochs * self.steps_per_epoch

    def member(self, epochs_done: int) -> int:
        """Which member trains the epoch after so many of this stage."""
        return min(epochs_done // self.settings.epochs, self.members - 1)

    def settings_of(self, member: int) -> TrainingPreset:
        """Each member has a seed of its own."""
        return msgspec.structs.replace(self.settings, seed=self.settings.seed + member)


def keeps_last(settings: TrainingPreset, data: RunData) -> bool:
    """Whether the last epoch is kept: as the preset says, or since there is nothing to choose another one by."""
    return settings.keep == "last" or not len(data.validation)


def stages_of(preset: Preset, data: RunData) -> list[StagePlan]:
    """The stages in their order."""
    stages = [_stage("training", preset.training, data.first_split)]
    if preset.tuning is not None:
        stages.append(_stage("tuning", _seeded(preset.tuning, preset), data.train))
    if preset.short is not None and data.polar is not None:
        rows, settings, short = ShortRows(preset, data), _seeded(preset.short.training, preset), preset.short
        stages.append(StagePlan("short", settings, len(rows), rows.split, short.members, short.pull))
    return stages


def _stage(name: Stage, settings: TrainingPreset, split: EncodedSplit) -> StagePlan:
    return StagePlan(name, settings, len(split), lambda _: split)


def _seeded(settings: TrainingPreset, preset: Preset) -> TrainingPreset:
    return msgspec.structs.replace(settings, seed=preset.training.seed)
