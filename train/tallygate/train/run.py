"""One training run, from texts to a scored checkpoint, in a folder from which it can go on after any interruption."""

from __future__ import annotations

import time
from pathlib import Path

import torch

from tallygate.runtime.outputs import write_bytes
from tallygate.train.arithmetic import cpu_settings
from tallygate.train.calibration import fit_temperature
from tallygate.train.checkpoint import save_checkpoint
from tallygate.train.device import torch_device
from tallygate.train.distributed import ALONE, World, joined_world
from tallygate.train.evaluation import evaluate, score_from_logits
from tallygate.train.figures import draw_curve
from tallygate.train.loop import EpochTotals, Trainer, new_model
from tallygate.train.metrics import EpochMetrics, jsonl_from_metrics
from tallygate.train.model import parameter_count
from tallygate.train.objective import losses
from tallygate.train.progress import Progress, opening
from tallygate.train.result import Result
from tallygate.train.run_checkpoint import checkpoint_of_best, finish_run
from tallygate.train.run_data import RunData, run_data_from_corpus
from tallygate.train.run_layout import LAYOUT, RunFacts, remove_leftovers
from tallygate.train.run_plan import RunPlan
from tallygate.train.run_state import Best, copy_of_weights, load_state, save_state


def run_training(plan: RunPlan) -> Result | None:
    """Begin or go on with a run until it is finished.

    Of several processes that ``torchrun`` started, the first writes and returns the result, the others ``None``.
    Raises :class:`OutputError` when the folder cannot be written, :class:`CheckpointError` when what it holds is
    damaged or the data has changed, :class:`DivergenceError`, and whatever loading the corpus raises.
    """
    data = run_data_from_corpus(plan.facts.data.load(), plan.facts.preset)
    with cpu_settings(plan.facts.threads), joined_world(plan.facts.device) as world:
        if world.is_first:
            remove_leftovers(plan.folder)
            plan.facts.write(plan.folder)
        run = Run(plan.folder, plan.facts, data, world)
        run.train()
        return finish_run(plan.folder, plan.facts, data, run.state) if world.is_first else None


class Run:
    """The epochs of a run. Every file is replaced whole, and can be made again from the state."""

    def __init__(self, folder: Path, facts: RunFacts, data: RunData, world: World = ALONE) -> None:
        """Takes up the state where the folder has one."""
        self.folder, self.facts, self.data, self._world = folder, facts, data, world
        self._preset = facts.preset.training
        model = new_model(data.architecture(facts.preset), self._preset.seed)
        model = model.to(torch_device(facts.device, world.local_rank))
        self.trainer = Trainer(model, self._preset, data.train, len(data.labels), facts.precision, world)
        self.state = load_state(folder / LAYOUT.state, data.sha256(), self.trainer)
        self._targets = torch.from_numpy(data.validation.targets)

    def train(self) -> None:
        """Train the epochs that are left."""
        if self.state.history:
            self._publish(is_best=True)
        steps = self.trainer.steps_per_epoch
        with Progress(self._preset.epochs, self.state.epochs, steps, silent=not self._world.is_first) as progress:
            parameters = parameter_count(self.trainer.model)
            progress.line(opening(self.facts, self.data, parameters, self.state.epochs))
            while not self._is_over():
                self._run_epoch(progress)

    def _is_over(self) -> bool:
        done, best, patience = self.state.epochs, self.state.best, self._preset.patience
        is_stale = bool(patience and best is not None and done - best.epoch >= patience)
        return done >= self._preset.epochs or is_stale

    def _run_epoch(self, progress: Progress) -> None:
        start = time.perf_counter()
        totals = self.trainer.run_epoch(self.state.epochs + 1, progress.step)
        is_best = self._record(totals, start)
        if self._world.is_first:
            save_state(self.folder / LAYOUT.state, self.state, self.trainer)
        self._publish(is_best)
        progress.epoch(self.state.history[-1], is_best)

    def _record(self, totals: EpochTotals, start: float) -> bool:
        """Add the epoch to the state; whether it is the best one."""
        logits = evaluate(self.trainer.evaluated, self.data.validation)
        logits = self._world.of_first(logits, self.trainer.device)
        score = score_from_logits(logits, self.data.validation.targets, self.data.name, "validation")
        metrics = EpochMetrics(
            epoch=totals.epoch,
            train_loss=totals.mean_loss,
            train_accuracy=totals.accuracy,
            validation_loss=losses(logits, self._targets).mean().item(),
            validation_accuracy=score.accuracy,
            learning_rate=totals.learning_rate,
            seconds=round(time.perf_counter() - start, 3),
        )
        self.state.history.append(metrics)
        best = self.state.best
        is_best = best is None or _rank(metrics) > _rank(self.state.history[best.epoch - 1])
        if is_best:
            temperature = fit_temperature(logits, self._targets)
            self.state.best = Best(epoch=totals.epoch, temperature=temperature, score=score)
            self.state.best_weights = copy_of_weights(self.trainer.evaluated)
        return is_best

    def _publish(self, is_best: bool) -> None:
        """Write what people and other programs read."""
        if not self._world.is_first:
            return
        history, best = self.state.history, self.state.best
        assert best is not None
        write_bytes(self.folder / LAYOUT.metrics, jsonl_from_metrics(history))
        if is_best:
            save_checkpoint(self.folder, checkpoint_of_best(self.facts, self.data, self.state))
        title = f"{self.data.name}, preset {self.facts.preset_name}, seed {self._preset.seed}"
        draw_curve(self.folder / LAYOUT.curve, history, best.epoch, title)


def _rank(metrics: EpochMetrics) -> tuple[float, float]:
    """What the best epoch has most of: validation accuracy and, among equals, the lower loss."""
    return metrics.validation_accuracy, -metrics.validation_loss
