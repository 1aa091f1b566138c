"""The synthetic parts: memory over a distance, gradients along a sequence, activations."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest
import torch

from tallygate.runtime.engines.plain.activations import ActivationName
from tallygate.train.corpora.mini import mini_corpus
from tallygate.train.loop.objective import losses
from tallygate.train.network.activations import ACTIVATIONS
from tallygate.train.study import gradients, long_dependency
from tallygate.train.study.activations import Activations
from tallygate.train.study.context import StudyContext, study_context
from tallygate.train.study.cue_task import TITLES, CueTask
from tallygate.train.study.gradient_record import Gradients
from tallygate.train.study.long_dependency import Dependency
from tallygate.train.study.networks import Kind
from tallygate.train.study.parts import PARTS
from tallygate.train.study.state_gradients import recurrent_weights, state_gradient_norms


@pytest.fixture(scope="module")
def context() -> StudyContext:
    return study_context(mini_corpus(train=60, validation=20, test=20), quick=True)


@pytest.fixture(scope="module")
def folder(context: StudyContext, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every synthetic part in its quick form."""
    folder = tmp_path_factory.mktemp("study")
    for name in ("long_dependency", "gradients", "activations"):
        PARTS[name](context, folder)
        assert (folder / f"{name}.png").stat().st_size > 10_000
    return folder


def test_the_cue_stands_first_and_nowhere_else() -> None:
    task = CueTask()
    ids, lengths, targets = task.batch(64, 9, torch.Generator().manual_seed(0))
    assert torch.equal(ids[:, 0], targets)
    assert (ids[:, 1:] >= task.cues).all()
    assert (lengths == 10).all()
    assert set(targets.tolist()) == set(range(task.cues))


def test_every_network_remembers_a_short_way(folder: Path) -> None:
    record = msgspec.json.decode((folder / "long_dependency.json").read_bytes(), type=Dependency)
    assert {(p.kind, p.distance) for p in record.points} == {(kind, d) for kind in TITLES for d in (2, 8)}
    for point in record.points:
        if point.distance == 2:
            assert point.accuracy > 2 * record.chance


def test_finished_points_are_not_made_again_and_come_out_the_same(
    context: StudyContext, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    record = msgspec.json.decode((folder / "long_dependency.json").read_bytes(), type=Dependency)
    cut_off = msgspec.structs.replace(record, points=record.points[:-1])
    (tmp_path / "long_dependency.json").write_bytes(msgspec.json.encode(cut_off))
    made: list[Kind] = []
    point = long_dependency._point

    def counted(kind: Kind, *arguments: object) -> long_dependency.Point:
        made.append(kind)
        return point(kind, *arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(long_dependency, "_point", counted)
    long_dependency.run(context, tmp_path)
    again = msgspec.json.decode((tmp_path / "long_dependency.json").read_bytes(), type=Dependency)
    assert made == [record.points[-1].kind]
    assert again.points[-1].accuracy == record.points[-1].accuracy
    long_dependency.run(replace(context, seed=5), tmp_path)
    assert len(made) == 1 + len(record.points)


@pytest.mark.parametrize("kind", list(TITLES))
def test_the_unrolled_states_end_where_the_layer_does(kind: Kind) -> None:
    task = CueTask()
    model = task.network(kind, 0)
    ids, lengths, targets = task.batch(3, 6, torch.Generator().manual_seed(1))
    states = model.states(ids, lengths).detach().requires_grad_()
    losses(model.logits(states, lengths), targets).sum().backward()  # type: ignore[no-untyped-call]
    assert states.grad is not None
    norms = state_gradient_norms(model, ids, targets)
    assert len(norms) == 7
    assert norms[-1] == pytest.approx(states.grad[:, -1].norm(dim=1).mean().item(), rel=1e-5)


def test_the_gradient_runs_through_all_later_states() -> None:
    """By hand: h_t = tanh(... + W h_{t-1}), so dL/dh_{t-1} = W' (dL/dh_t * (1 - h_t^2))."""
    task = CueTask()
    model = task.network("rnn", 0)
    ids, lengths, targets = task.batch(1, 6, torch.Generator().manual_seed(1))
    states = model.states(ids, lengths).detach().requires_grad_()
    losses(model.logits(states, lengths), targets).sum().backward()  # type: ignore[no-untyped-call]
    assert states.grad is not None
    gradient, norms = states.grad[0, -1], state_gradient_norms(model, ids, targets)
    for t in reversed(range(6)):
        gradient = recurrent_weights(model).T @ (gradient * (1 - states[0, t + 1] ** 2))
        assert norms[t] == pytest.approx(gradient.norm().item(), rel=1e-4)


def test_gradients_vanish_explode_and_are_clipped(folder: Path) -> None:
    record = msgspec.json.decode((folder / "gradients.json").read_bytes(), type=Gradients)
    settings = record.settings
    assert all(len(curve.norms) == settings.distance + 1 for curve in (*record.vanishing, *record.exploding))
    start = next(curve for curve in record.vanishing if curve.name == "simple RNN, initial weights")
    assert start.norms[0] < 0.05 * start.norms[-1]
    assert record.exploding[-1].norms[0] > 20 * record.exploding[-1].norms[-1]
    free, clipped = record.clipping
    assert free.bound is None
    assert free.applied_norms == pytest.approx(free.norms)
    assert clipped.bound == settings.clip_norm
    assert max(clipped.norms) > settings.clip_norm
    assert max(clipped.applied_norms) <= settings.clip_norm * (1 + 1e-5)
    assert clipped.losses[0] == free.losses[0]


def test_gradients_that_are_there_are_not_measured_again(
    context: StudyContext, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gradients, "_measure", lambda settings: pytest.fail("measured again"))
    gradients.run(context, folder)


@pytest.mark.parametrize("name", list(ACTIVATIONS))
def test_derivatives_are_numerical_differences(name: ActivationName, folder: Path) -> None:
    record = msgspec.json.decode((folder / "activations.json").read_bytes(), type=Activations)
    assert "mirror image" in record.note
    z, curve = np.array(record.z), record.curves[name]
    function, step = ACTIVATIONS[name].function, 1e-6
    here = np.abs(z) > 1e-3
    points = torch.from_numpy(z[here])
    differences = (function(points + step) - function(points - step)).numpy() / (2 * step)
    np.testing.assert_allclose(np.array(curve.derivatives)[here], differences, atol=2e-6)
    np.testing.assert_allclose(np.array(curve.values)[here], function(points).numpy(), atol=1e-6)


def test_the_sigmoid_rises() -> None:
    """Printed with the other sign it would fall."""
    assert ACTIVATIONS["sigmoid"].function(torch.tensor(5.0)) > 0.99
    assert ACTIVATIONS["sigmoid"].formula == "1 / (1 + e^-z)"
