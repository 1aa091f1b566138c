"""A preset as the teacher of another one: trained on the same data, in the user's cache, where later runs find it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import msgspec

from tallygate.runtime.errors import PresetError
from tallygate.train.corpora import Corpus
from tallygate.train.folder import RunFacts
from tallygate.train.presets import load_preset
from tallygate.train.run.plan import RunPlan
from tallygate.train.run.result import Result
from tallygate.train.say import say
from tallygate.train.teachers import cached_path, locked

Train = Callable[[RunPlan], Result | None]
"""A training: it is handed in, since a run prepares its lesson, and a lesson may want a run."""


def train_network(facts: RunFacts, corpus: Corpus, train: Train, name: str) -> Path:
    """The folder of a finished run of the preset ``name`` on the data of ``facts``; ``train`` trains it if need be.

    Raises :class:`PresetError` for an unknown preset or one that asks for a network itself, and what training raises.
    """
    preset = load_preset(name)
    if preset.teacher is not None and preset.teacher.network is not None:
        mend = "name one that learns from the models alone"
        raise PresetError(f"teacher {name}", "asks for a network to be trained first itself", mend)
    wanted = msgspec.structs.replace(facts, preset_name=name, preset=preset, teacher=None)
    folder = cached_path(f"run-{name}", "", _decisive(wanted, corpus))
    with locked(folder):
        if Result.read(folder) is None:
            say(f"{name} is trained first, as a teacher, in {folder}")
            train(RunPlan(folder, RunFacts.read(folder) or wanted, is_new=False))
    return folder


def _decisive(facts: RunFacts, corpus: Corpus) -> list[bytes]:
    texts = [*corpus.train.texts, *corpus.validation.texts, *corpus.unlabeled]
    settings = msgspec.json.encode([facts.preset, facts.precision, corpus.train.labels])
    return [settings, *(text.encode("utf-8") for text in texts)]
