"""The streaming graph at export and in a bundle: gated, described, verified, refused where the model has no state."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tallygate.export.graph import streaming_from_onnx
from tallygate.export.pipeline import export_bundle
from tallygate.export.results import ExportOptions, ExportResult
from tallygate.runtime.bundle import open_bundle
from tallygate.runtime.cli import main
from tallygate.runtime.engines import create_streaming_engine
from tallygate.runtime.engines.ort import streaming as running
from tallygate.runtime.errors import UsageError
from tallygate.runtime.graph.streaming import StreamingNetwork
from tallygate.runtime.graph.terms import Term
from tallygate.train.folder import Checkpoint, save_checkpoint

MakeCheckpoint = Callable[..., Checkpoint]
DOCS = Path(__file__).parents[2] / "docs" / "streams.md"


def test_the_manifest_takes_the_next_minor_only_where_there_is_a_streaming_graph(
    streaming: dict[str, ExportResult], bundle_path: Path
) -> None:
    told = json.loads(streaming["mean"].files["bundle.json"])
    assert told["schema"] == "1.2"
    assert told["streaming"]["file"] == "model.streaming.onnx"
    assert told["streaming"]["parity"]["onnxruntime"]["max_logit_difference"] <= 1e-4
    assert "`model.streaming.onnx`" in streaming["mean"].files["README.md"].decode()
    told = json.loads((bundle_path / "bundle.json").read_text("utf-8"))
    assert told["schema"] == "1.1"
    assert "streaming" not in told


def test_verify_and_info_know_it(streaming_paths: dict[str, Path], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(streaming_paths["max"])]) == 0
    assert "\nstreaming  onnxruntime" in capsys.readouterr().out
    assert main(["verify", str(streaming_paths["max"]), "--engine", "numpy"]) == 0
    assert "\nstreaming" not in capsys.readouterr().out
    assert main(["verify", str(streaming_paths["max"]), "--precision", "streaming", "--json"]) == 0
    reports = json.loads(capsys.readouterr().out)["reports"]
    assert [(report["precision"], report["engine"], report["passed"]) for report in reports] == [
        ("streaming", "onnxruntime", True)
    ]
    assert main(["info", str(streaming_paths["max"])]) == 0
    assert "\nstreaming" in capsys.readouterr().out


def test_follow_reads_on_it(streaming_paths: dict[str, Path]) -> None:
    command = [
        sys.executable,
        "-m",
        "tallygate.runtime.cli",
        "predict",
        "--follow",
        "--bundle",
        str(streaming_paths["mean"]),
    ]
    done = subprocess.run(
        [*command, "--engine", "onnxruntime", "--precision", "fp32"], input=b"a good film", capture_output=True
    )
    assert (done.returncode, done.stderr) == (0, b"")
    assert [json.loads(line)["tokens"] for line in done.stdout.splitlines()] == [1, 2, 3]


def broken(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both the writer and the contract follow the network, so a wrong one is a valid graph that computes wrongly."""
    if name == "pauses forget":
        monkeypatch.setattr(
            StreamingNetwork, "_is_positive",
            lambda self, count: self.terms.apply(
                "Unsqueeze",
                self.terms.apply("GreaterOrEqual", count, self.terms.numbers(0, scalar=True)),
                self.terms.numbers(1),
            ),
        )  # fmt: skip
    else:

        def without(self: StreamingNetwork, every: Term, hidden: Term) -> tuple[Term, dict[str, Term]]:
            features, pools = sound(self, every, hidden)
            return features, {
                name: self.terms.apply("Sub", pool, self._taken("pool_sum")) for name, pool in pools.items()
            }

        sound = StreamingNetwork._mean_so_far
        monkeypatch.setattr("tallygate.runtime.graph.streaming._WRITE", {"mean": without})


@pytest.mark.parametrize(
    ("name", "words"), [("pauses forget", "is not kept by a pause"), ("sums begin anew", "is not kept by a pause")]
)
def test_a_graph_that_computes_otherwise_is_not_written(
    name: str, words: str, checkpoint_of: MakeCheckpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken(name, monkeypatch)
    options = ExportOptions(variants=("fp32",), streaming=True)
    result = export_bundle(checkpoint_of(pooling="mean"), tmp_path / "bundle", options)
    assert result.streaming is not None
    assert not result.streaming.passed
    assert not result.passed
    assert any(words in failure for report in result.streaming.reports for failure in report.failures())
    assert result.path is not None, "the variants that passed are written"
    assert not open_bundle(result.path).manifest.streaming


def test_a_state_that_leaks_between_pieces_fails_the_gate(
    checkpoint_of: MakeCheckpoint, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pauses keep it, and the answers are wrong: the comparison with PyTorch says so."""
    sound = StreamingNetwork._count
    monkeypatch.setattr(
        StreamingNetwork,
        "_count",
        lambda self: self.terms.apply("Add", sound(self), self.terms.leaf("input", "lengths")),
    )
    options = ExportOptions(variants=("fp32",), streaming=True)
    result = export_bundle(checkpoint_of(pooling="mean"), tmp_path / "bundle", options)
    assert result.streaming is not None
    failures = [failure for report in result.streaming.reports for failure in report.failures()]
    assert any(failure.startswith("streaming on onnxruntime: max logit difference") for failure in failures)


def test_a_bidirectional_model_is_refused_before_any_work(
    checkpoint_of: MakeCheckpoint, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    checkpoint = checkpoint_of(bidirectional=True)
    with pytest.raises(UsageError, match="reads texts from both ends"):
        export_bundle(checkpoint, tmp_path / "bundle", ExportOptions(streaming=True))
    save_checkpoint(tmp_path / "run", checkpoint)
    assert main(["export", str(tmp_path / "run"), "--out", str(tmp_path / "bundle"), "--streaming"]) == 2
    printed = capsys.readouterr()
    assert printed.err.count("\n") == 1
    assert "a streaming graph: cannot be written: the model reads texts from both ends" in printed.err
    assert not (tmp_path / "bundle").exists()


def test_the_same_graph_gives_the_same_bytes(streaming: dict[str, ExportResult]) -> None:
    for result in streaming.values():
        again = streaming_from_onnx(result.variants[0].graph).SerializeToString(deterministic=True)
        assert again == result.files["model.streaming.onnx"]


def test_whole_texts_are_read_in_pieces_with_pauses(streaming_paths: dict[str, Path]) -> None:
    """What the gate rests on: pieces of many sizes, pauses among them, and every id once."""
    lengths = np.array([1, 40, 97, 3] * 4)
    ids = np.arange(16 * 97).reshape(16, 97)
    rows: list[list[int]] = [[] for _ in lengths]
    pauses, sizes = 0, set()
    for piece, more in running._pieces(ids, lengths):
        pauses += int(((more == 0) & (np.array([len(row) for row in rows]) < lengths)).sum())
        sizes |= set(more.tolist())
        for row, values, count in zip(rows, piece.tolist(), more.tolist(), strict=True):
            row += values[:count]
    assert [row == ids[place, : lengths[place]].tolist() for place, row in enumerate(rows)] == [True] * 16
    assert pauses >= 4
    assert len(sizes) >= 4
    bundle = open_bundle(streaming_paths["last"])
    engine = create_streaming_engine(bundle, bundle.tokenizer())
    assert engine.run(ids[:4, :50] % 100, np.array([1, 40, 50, 3])).shape == (4, 3)
