"""Recipes: what a preset may say, and the rules of `auto`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tallygate.train.presets.preset import LanguageModelPreset as LanguageModelPreset
    from tallygate.train.presets.preset import Preset as Preset
    from tallygate.train.presets.preset import TeacherPreset as TeacherPreset
    from tallygate.train.presets.preset import WidePreset as WidePreset
    from tallygate.train.presets.preset import load_preset as load_preset
    from tallygate.train.presets.rules import AUTO as AUTO
    from tallygate.train.presets.rules import describe_decided as describe_decided
    from tallygate.train.presets.rules import preset_for_corpus as preset_for_corpus
    from tallygate.train.presets.short import ShortPreset as ShortPreset
    from tallygate.train.presets.training import TrainingPreset as TrainingPreset
else:
    from tallygate.runtime.rooms import handed_on

    __getattr__, __dir__ = handed_on(
        __name__,
        {
            "preset": ("LanguageModelPreset", "Preset", "TeacherPreset", "WidePreset", "load_preset"),
            "short": ("ShortPreset",),
            "training": ("TrainingPreset",),
            "rules": ("AUTO", "describe_decided", "preset_for_corpus"),
        },
    )
