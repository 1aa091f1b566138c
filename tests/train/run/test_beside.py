"""A run with n-grams beside its LSTM: what is kept is what was scored, and a resumed run keeps the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from tallygate.runtime.text import Tokenizer
from tallygate.train.folder.checkpoint import load_checkpoint
from tallygate.train.loop.batching import encode
from tallygate.train.run import training as run_module
from tallygate.train.run.result import Result, summary
from tallygate.train.scores.evaluation import evaluate, score_from_logits
from tests.train.run.small_run import PRESET, assert_same_run, begin, resume, small_corpus
from tests.train.short_runs import KilledError, short_runs


@pytest.fixture(scope="module")
def wide_preset(tmp_path_factory: pytest.TempPathFactory) -> str:
    path = tmp_path_factory.mktemp("preset") / "wide.toml"
    path.write_text(PRESET + "[wide]\nlongest = 3\n")
    return str(path)


@pytest.fixture(scope="module")
def wide_run(tmp_path_factory: pytest.TempPathFactory, wide_preset: str, small_data: None) -> Path:
    out = tmp_path_factory.mktemp("wide") / "run"
    begin(wide_preset, out)
    return out


def test_what_is_kept_is_what_was_scored(wide_run: Path) -> None:
    checkpoint, corpus = load_checkpoint(wide_run), small_corpus()
    result = Result.read(wide_run)
    assert result is not None
    assert checkpoint.model.ngrams is not None
    tokenizer = Tokenizer(checkpoint.vocabulary, checkpoint.text)
    rows = encode(corpus.validation.texts, corpus.targets(corpus.validation), tokenizer)
    score = score_from_logits(evaluate(checkpoint.model, rows), rows.targets, "mini", "validation")
    assert score in result.training.scores
    assert result.training.parameters["ngrams"] == checkpoint.model.ngrams.count() > 100
    assert [(part.part, part.score.split) for part in result.parts] == [
        ("LSTM", "validation"), ("n-grams", "validation"), ("LSTM", "test"), ("n-grams", "test"),
    ]  # fmt: skip
    assert "test, n-grams alone" in summary(result)


def test_a_run_that_was_cut_off_keeps_the_same(wide_run: Path, wide_preset: str, tmp_path: Path) -> None:
    calls: list[object] = []

    def killed_in_the_second(*arguments: object) -> None:
        calls.append(arguments)
        if len(calls) == 2:
            raise KilledError
        save(*arguments)  # type: ignore[arg-type]

    save = run_module.save_state
    with short_runs(small_corpus) as patch:
        patch.setattr(run_module, "save_state", killed_in_the_second)
        with pytest.raises(KilledError):
            begin(wide_preset, tmp_path / "run")
        patch.setattr(run_module, "save_state", save)
        resume(tmp_path / "run")
    assert_same_run(tmp_path / "run", wide_run)
