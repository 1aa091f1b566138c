"""One training run, from texts to a scored checkpoint, in a folder from which it can go on after any interruption."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from tallygate.runtime.bundle import Score
from tallygate.runtime.errors import CheckpointError
from tallygate.runtime.outputs import write_bytes
from tallygate.train.folder import (
    LAYOUT,
    RunFacts,
    check_unlocked,
    locked_folder,
    remove_leftovers,
    save_checkpoint,
)
from tallygate.train.loop import ALONE, EpochTotals, Trainer, World, joined_world, losses, new_model
from tallygate.train.network import LSTMClassifier, cpu_settings, parameter_count, torch_device
from tallygate.train.run.beginning import Preparation
from tallygate.train.run.beside import beside_of
from tallygate.train.run.data import RunData
from tallygate.train.run.finish import checkpoint_of_best, finish_run
from tallygate.train.run.plan import RunPlan
from tallygate.train.run.progress import Progress, kept, opening
from tallygate.train.run.result import Result
from tallygate.train.run.rivals import rivals_of
from tallygate.train.run.short import averaged
from tallygate.train.run.stages import StagePlan, keeps_last, stages_of
from tallygate.train.run.state import Best, RunState, copy_of_weights, load_state, save_state
from tallygate.train.scores import (
    EpochMetrics,
    draw_curve,
    evaluate,
    fit_temperature,
    is_best_so_far,
    jsonl_from_metrics,
    score_from_logits,
)
from tallygate.train.wide import Mixture


def run_training(plan: RunPlan) -> Result | None:
    """Begin or go on with a run until it is finished.

    Of several processes that ``torchrun`` started, the first writes and returns the result, the others ``None``.
    Raises :class:`OutputError` when the folder cannot be written or another process trains there,
    :class:`CheckpointError` when what it holds is damaged or the data has changed, :class:`DivergenceError`, and
    whatever loading the corpus or a teacher raises.
    """
    with cpu_settings(plan.facts.threads), joined_world(plan.facts.device) as world:
        if not world.is_first:
            world.wait()
            _run(plan, Preparation(plan.facts, plan.corpus, run_training), world)
            return None
        check_unlocked(plan.folder)
        preparation = Preparation(plan.facts, plan.corpus, run_training)  # before anything is written
        with locked_folder(plan.folder):
            return _run(plan, preparation, world)


def _run(plan: RunPlan, preparation: Preparation, world: World) -> Result | None:
    """What takes long is made by the first process and read by the others."""
    if world.is_first:
        _take_over(plan)
    data, beginning = preparation.begin(plan.folder)
    if world.is_first:
        world.wait()
    run = Run(plan.folder, plan.facts, data, beginning.weights, world)
    run.train()
    if not world.is_first:
        return None
    rivals = rivals_of(preparation.corpus, plan.facts.preset)
    return finish_run(plan.folder, plan.facts, data, run.state, beginning.seconds, run.beside, rivals)


def _take_over(plan: RunPlan) -> None:
    """Make the folder that of a run in training. Raises :class:`CheckpointError` where another one has begun since."""
    if plan.is_new and RunFacts.read(plan.folder) is not None:
        mend = "look at it, or name another folder with --out"
        raise CheckpointError(plan.folder, "another process has begun a run there meanwhile", mend)
    remove_leftovers(plan.folder)
    (plan.folder / LAYOUT.result).unlink(missing_ok=True)  # a finished run that is prolonged is not finished any more
    plan.facts.write(plan.folder)


class Run:
    """The epochs of a run, stage by stage. Every file is replaced whole, and can be made again from the state."""

    def __init__(
        self,
        folder: Path,
        facts: RunFacts,
        data: RunData,
        first_weights: Mapping[str, Tensor] | None = None,
        world: World = ALONE,
    ) -> None:
        """Takes up the state where the folder has one. ``first_weights``, by name, take the place of random ones."""
        self.folder, self.facts, self.data, self._world = folder, facts, data, world
        self._preset = facts.preset.training
        self._stages = stages_of(facts.preset, data)
        self._first_weights = first_weights or {}
        self.beside = beside_of(facts.preset, data)
        self.state, self.trainer = load_state(folder / LAYOUT.state, data.sha256(), self._trainer)
        self._targets = torch.from_numpy(data.validation.targets)

    def train(self) -> None:
        """Train the epochs that are left."""
        if self.state.history:
            self._publish(is_kept=True)
        epochs, steps = sum(stage.epochs for stage in self._stages), sum(stage.steps for stage in self._stages)
        with Progress(epochs, steps, self._steps_done(), silent=not self._world.is_first) as progress:
            parameters = parameter_count(self.trainer.model)
            for line in opening(self.facts, self.data, parameters, self.state.epochs):
                progress.line(line)
            for stage in self._stages[self._place(self.state) :]:
                self._train_stage(stage, progress)
            assert self.state.best is not None
            progress.line(kept(self.state.best.epoch, self._stages[self._place(self.state)], self.data))

    def _train_stage(self, stage: StagePlan, progress: Progress) -> None:
        if self.state.history and self.state.stage != stage.name:
            before = self.state.best_weights if stage.pull is not None else {}
            self.state.before = {name: tensor.clone() for name, tensor in before.items()}
            self.trainer = self._new_trainer(stage, self.state, self.state.best_weights)
        while not self._is_over(stage):
            if (done := len(self.state.epochs_of(stage.name))) and done % stage.settings.epochs == 0:
                self.trainer = self._new_trainer(stage, self.state, self.state.before)
            self._run_epoch(stage, progress)

    def _place(self, state: RunState) -> int:
        return [stage.name for stage in self._stages].index(state.stage)

    def _trainer(self, state: RunState) -> Trainer:
        """For the stage that ``state`` has reached."""
        stage = self._stages[self._place(state)]
        return self._new_trainer(stage, state, state.before or self._first_weights)

    def _new_trainer(self, stage: StagePlan, state: RunState, weights: Mapping[str, Tensor]) -> Trainer:
        """For the member of the stage that has the next epoch; ``weights`` are those that the stage begins with."""
        done = len(state.epochs_of(stage.name))
        member = stage.member(done)
        epochs_before = state.epochs - done + member * stage.settings.epochs
        architecture = self.data.architecture(self.facts.preset)
        model = new_model(architecture, self._preset.seed, self._preset.head_scale)
        model.load_state_dict(model.state_dict() | dict(weights))
        model = model.to(torch_device(self.facts.device, self._world.local_rank))
        labels, precision = len(self.data.labels), self.facts.precision
        settings, split = stage.settings_of(member), stage.split_of(weights)
        return Trainer(model, settings, split, labels, precision, self._world, epochs_before)

    def _steps_done(self) -> int:
        return sum(len(self.state.epochs_of(stage.name)) * stage.steps_per_epoch for stage in self._stages)

    def _is_over(self, stage: StagePlan) -> bool:
        done, best, patience = self.state.epochs_of(stage.name), self.state.best, stage.settings.patience
        is_stale = bool(patience and done and best is not None and self.state.epochs - best.epoch >= patience)
        return len(done) >= stage.epochs or is_stale

    def _run_epoch(self, stage: StagePlan, progress: Progress) -> None:
        start = time.perf_counter()
        totals = self.trainer.run_epoch(self.state.epochs + 1, progress.step)
        model = self.trainer.evaluated
        answers = self._validated(model)
        self.state.history.append(_metrics(stage, totals, answers, start))
        is_best = stage.pull is None and is_best_so_far(self.state.history)
        if stage.pull is not None:
            is_kept = self._average(stage, stage.pull, progress)
        else:
            is_kept = self._keep(answers, model) if is_best or keeps_last(stage.settings, self.data) else False
        if self._world.is_first:
            save_state(self.folder / LAYOUT.state, self.state, self.trainer)
        self._publish(is_kept)
        progress.epoch(self.state.history[-1], is_best)

    def _average(self, stage: StagePlan, pull: float, progress: Progress) -> bool:
        """Add a member that is trained to the sum; after the last one keep the average."""
        done, weights = len(self.state.epochs_of(stage.name)), copy_of_weights(self.trainer.evaluated)
        if done % stage.settings.epochs:
            return False
        summed = self.state.summed
        self.state.summed = {name: summed[name] + weights[name] if summed else weights[name] for name in weights}
        if done < stage.epochs:
            return False
        model = LSTMClassifier(self.data.architecture(self.facts.preset)).eval().to(self.trainer.device)
        model.load_state_dict(averaged(self.state.before, self.state.summed, stage.members, pull))
        answers = self._validated(model)
        if answers is not None:
            progress.line(f"their weights averaged: validation accuracy {answers.score.accuracy:.2%}")
        return self._keep(answers, model)

    def _validated(self, model: LSTMClassifier) -> _Answers | None:
        """What the network answers to the validation texts, where there are any."""
        validation = self.data.validation
        if not len(validation):
            return None
        logits = self._world.of_first(evaluate(model, validation), self.trainer.device)
        mixture = None
        if self.beside is not None:
            mixture = self.beside.mixture(logits, self._targets)
            logits = self.beside.mixed(logits, mixture)
        score = score_from_logits(logits, validation.targets, self.data.name, "validation")
        return _Answers(logits, self._targets, score, mixture)

    def _keep(self, answers: _Answers | None, model: LSTMClassifier) -> bool:
        """Make the last epoch, with the weights of ``model``, the one that would be kept."""
        temperature = 1.0 if answers is None else fit_temperature(answers.logits, answers.targets)
        score = None if answers is None else answers.score
        mixture = None if self.beside is None else Mixture() if answers is None else answers.mixture
        self.state.best = Best(epoch=self.state.epochs, temperature=temperature, score=score, mixture=mixture)
        self.state.best_weights = copy_of_weights(model)
        return True

    def _publish(self, is_kept: bool) -> None:
        """Write what people and other programs read."""
        if not self._world.is_first:
            return
        history, best = self.state.history, self.state.best
        assert best is not None
        write_bytes(self.folder / LAYOUT.metrics, jsonl_from_metrics(history))
        if is_kept:
            save_checkpoint(self.folder, checkpoint_of_best(self.facts, self.data, self.state, self.beside))
        title = f"{self.data.name}, preset {self.facts.preset_name}, seed {self._preset.seed}"
        draw_curve(self.folder / LAYOUT.curve, history, best.epoch, title)


@dataclass(frozen=True)
class _Answers:
    """To the validation texts."""

    logits: Tensor
    targets: Tensor
    score: Score
    mixture: Mixture | None
    """Of LSTM and n-grams, where ``logits`` are both's."""


def _metrics(stage: StagePlan, totals: EpochTotals, answers: _Answers | None, start: float) -> EpochMetrics:
    return EpochMetrics(
        epoch=totals.epoch,
        stage=stage.name,
        train_loss=totals.mean_loss,
        train_accuracy=totals.accuracy,
        validation_loss=None if answers is None else losses(answers.logits, answers.targets).mean().item(),
        validation_accuracy=None if answers is None else answers.score.accuracy,
        learning_rate=totals.learning_rate,
        seconds=round(time.perf_counter() - start, 3),
    )
