"""Recipes: what a preset may say, and the rules of `auto`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tallygate.train.presets.preset import LanguageModelPreset as LanguageModelPreset
    from tallygate.train.presets.preset import Preset as Preset
    from tallygate.train.presets.preset import TeacherPreset as TeacherPreset
    from tallygate.train.presets.preset import TrainingPreset as TrainingPreset
    from tallygate.train.presets.preset import WidePreset as WidePreset
    from tallygate.train.presets.preset import load_preset as load_preset
    from tallygate.train.presets.rules import AUTO as AUTO
    from tallygate.train.presets.rules import describe_decided as describe_decided
    from tallygate.train.presets.rules import preset_for_corpus as preset_for_corpus
else:
    from tallygate.runtime.rooms import handed_on

    __getattr__, __dir__ = handed_on(
        __name__,
        {
            "preset": ("LanguageModelPreset", "Preset", "TeacherPreset", "TrainingPreset", "WidePreset", "load_preset"),
            "rules": ("AUTO", "describe_decided", "preset_for_corpus"),
        },
    )
