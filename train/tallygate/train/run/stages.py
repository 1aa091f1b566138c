"""The stages of a run: all texts by a teacher's word where there is one, then perhaps the labelled ones alone."""

from __future__ import annotations

import math
from dataclasses import dataclass

import msgspec

from tallygate.train.loop import EncodedSplit
from tallygate.train.presets import Preset, TrainingPreset
from tallygate.train.run.data import RunData
from tallygate.train.scores import Stage


@dataclass(frozen=True)
class StagePlan:
    """What one stage reads, and how."""

    name: Stage
    settings: TrainingPreset
    split: EncodedSplit

    @property
    def epochs(self) -> int:
        """Epochs at most."""
        return self.settings.epochs

    @property
    def steps_per_epoch(self) -> int:
        """Batches."""
        return math.ceil(len(self.split) / self.settings.batch_size)

    @property
    def steps(self) -> int:
        """Of the whole stage."""
        return self.epochs * self.steps_per_epoch


def keeps_last(settings: TrainingPreset, data: RunData) -> bool:
    """Whether the last epoch is kept: as the preset says, or since there is nothing to choose another one by."""
    return settings.keep == "last" or not len(data.validation)


def stages_of(preset: Preset, data: RunData) -> list[StagePlan]:
    """The stages in their order."""
    stages = [StagePlan("training", preset.training, data.first_split)]
    if preset.tuning is not None:
        settings = msgspec.structs.replace(preset.tuning, seed=preset.training.seed)
        stages.append(StagePlan("tuning", settings, data.train))
    return stages
