"""The benchmark: what it counts, what it compares, and what it writes. No figure of time is asserted."""

from __future__ import annotations

import json
from pathlib import Path
from statistics import median

import msgspec
import pytest

from tallygate.runtime.bench.contender import Contender, contenders_of_bundle
from tallygate.runtime.bench.energy import EnergyMeter
from tallygate.runtime.bench.peers import peers_of_bundle
from tallygate.runtime.bench.processes import BARE_IMPORT, cold_starts, peak_memory, predict_one
from tallygate.runtime.bench.report import BenchReport, Result
from tallygate.runtime.bench.texts import MEDIAN_WORDS, made_up_texts
from tallygate.runtime.bench.timing import Timings, ratio, time_contenders
from tallygate.runtime.bundle.reader import open_bundle
from tallygate.runtime.cli import main
from tallygate.runtime.errors import EngineUnavailableError, UsageError
from tallygate.runtime.machine.autotune import Settings
from tallygate.runtime.machine.cpu import this_machine
from tallygate.runtime.text.vocabulary import Vocabulary

Capture = pytest.CaptureFixture[str]
QUICK = ["--rounds", "1", "--texts", "12", "--no-peers", "--no-processes"]


def result(name: str, **fields: object) -> Result:
    known: dict[str, object] = {
        "engine": name, "precision": "fp32", "provider": "CPU", "threads": 1, "p50_ms": 1.0, "p90_ms": 2.0,
        "p99_ms": 3.0, "reviews_per_second": 100.0, "batch_size": 8, "reviews_per_second_by_batch": {8: 100.0},
        "cold_start_s": None, "times_bare_import": None, "peak_memory": None, "size": 1000, "joules_per_1000": None,
        "accuracy": 0.9,
        "batch_invariant": True, "is_peer": False, "times_plain_batched": None, "times_plain_p50": None,
    }  # fmt: skip
    return Result(name=name, **(known | fields))  # type: ignore[arg-type]


def report(*results: Result) -> BenchReport:
    return BenchReport(
        bundle="toy", sha256="0" * 64, machine=this_machine(), texts="none", count=1, rounds=1, clock="wall",
        results=list(results), bare_import_s=None, absent={},
    )  # fmt: skip


def test_made_up_texts_are_as_long_as_reviews_and_the_same_again() -> None:
    vocabulary = Vocabulary({word: row for row, word in enumerate(["film", "good", "plot"], 2)}, 5)
    texts = made_up_texts(vocabulary, 500)
    assert texts == made_up_texts(vocabulary, 500)
    assert texts != made_up_texts(vocabulary, 500, seed=1)
    assert median(len(text.split()) for text in texts) == pytest.approx(MEDIAN_WORDS, rel=0.15)


def test_everyone_answers_the_same_texts_in_every_round() -> None:
    calls: list[tuple[str, int, int]] = []

    def contender(name: str, sizes: tuple[int, ...]) -> Contender:
        return Contender(
            name, name, "fp32", "CPU", 1,
            answer_one=lambda text: calls.append((name, 1, 0)),
            answer_many=lambda texts, size: calls.append((name, len(texts), size)),
            batch_sizes=sizes,
        )  # fmt: skip

    timings = time_contenders({"a": contender("a", (1, 4)), "b": contender("b", (32,))}, ["x"] * 3, ["y"] * 7, 4, print)
    of_a = [size for name, count, size in calls if (name, count) == ("a", 7) and size]
    assert sorted(of_a[:3]) == [1, 1, 4], "one to warm up, then each size once"
    assert of_a[3:] == [timings["a"].best_batch] * 4
    assert sum(call == ("b", 7, 32) for call in calls) == 1 + 1 + 4
    assert {name: [len(seconds) for seconds in t.latencies] for name, t in timings.items()} == {
        "a": [3] * 4,
        "b": [3] * 4,
    }
    assert {size: len(seconds) for size, seconds in timings["a"].batched.items()} == {1: 1, 4: 1}
    assert {name: len(t.best_seconds) for name, t in timings.items()} == {"a": 4, "b": 4}


def test_the_best_batch_is_the_one_of_least_time_and_a_ratio_is_taken_round_by_round() -> None:
    timings = Timings(latencies=[[1.0, 2.0, 30.0], [1.0, 4.0, 9.0]], batched={4: [2.0, 9.0, 2.0], 8: [3.0, 3.0, 3.0]})
    assert timings.best_batch == 4
    assert timings.medians == [2.0, 4.0]
    assert ratio([2.0, 30.0, 4.0], [1.0, 10.0, 2.0]) == 2.0


def test_every_engine_and_variant_takes_part(toy_path: Path) -> None:
    bundle = open_bundle(toy_path)
    contenders, absent = contenders_of_bundle(bundle, threads=(1, 2))
    assert absent == {}
    assert [(c.engine, c.threads) for c in contenders] == [("onnxruntime", 1), ("onnxruntime", 2), ("numpy", 1)]
    assert [answer.label for answer in contenders[0].answer_many(["good", "bad"], 1)] == [  # type: ignore[attr-defined]
        contenders[2].answer_one(text).label  # type: ignore[attr-defined]
        for text in ("good", "bad")
    ]
    with pytest.raises(EngineUnavailableError, match="int8"):
        contenders_of_bundle(bundle, precision="int8")


def test_json_is_the_report(toy_path: Path, capsys: Capture) -> None:
    assert main(["bench", str(toy_path), *QUICK, "--json"]) == 0
    found = msgspec.json.decode(capsys.readouterr().out, type=BenchReport)
    assert [(r.engine, r.precision) for r in found.results] == [("onnxruntime", "fp32"), ("numpy", "fp32")]
    assert all(r.p50_ms > 0 and r.reviews_per_second > 0 and r.cold_start_s is None for r in found.results)
    assert found.sha256 == open_bundle(toy_path).sha256
    assert found.machine == this_machine()


def test_the_table_names_the_machine_and_leaves_empty_columns_out(toy_path: Path, capsys: Capture) -> None:
    assert main(["bench", str(toy_path), *QUICK, "--engine", "numpy"]) == 0
    out = capsys.readouterr().out
    assert this_machine().processor in out
    assert "numpy fp32" in out
    assert "cold start" not in out
    assert "onnxruntime fp32" not in out


def test_texts_come_from_a_file(toy_path: Path, tmp_path: Path, capsys: Capture) -> None:
    (tmp_path / "texts.txt").write_text("good film\nbad film\nplot\n")
    arguments = ["bench", str(toy_path), *QUICK, "--file", str(tmp_path / "texts.txt"), "--texts", "2", "--json"]
    assert main(arguments) == 0
    assert json.loads(capsys.readouterr().out)["count"] == 2


@pytest.mark.parametrize("arguments", [["--engine", "nonsense"], ["--precision", "int3"], ["--file", "/not/there"]])
def test_what_is_not_there_is_one_line(toy_path: Path, arguments: list[str], capsys: Capture) -> None:
    assert main(["bench", str(toy_path), *QUICK, *arguments]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_tuning_takes_no_peer_and_no_variant_that_depends_on_its_batch() -> None:
    slow, fast = result("slow", p50_ms=0.5), result("fast", reviews_per_second=200.0)
    peer = result("peer", is_peer=True, reviews_per_second=900.0, p50_ms=0.1)
    dynamic = result("dynamic", batch_invariant=False, reviews_per_second=900.0, p50_ms=0.1)
    found = report(slow, fast, peer, dynamic)
    assert found.best("throughput") == fast
    assert found.best("latency") == slow
    with pytest.raises(UsageError, match="batch-invariant"):
        report(peer, dynamic).best("latency")


def test_a_picture_of_what_has_an_accuracy(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    from tallygate.runtime.bench.picture import draw_picture

    draw_picture(report(result("a"), result("b", accuracy=None)), tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(("name", "reason"), [("a.png", "no accuracy"), ("a.xyz", "suffix")])
def test_a_picture_that_cannot_be_drawn_is_refused_at_once(
    toy_path: Path, tmp_path: Path, name: str, reason: str, capsys: Capture
) -> None:
    pytest.importorskip("matplotlib")
    assert main(["bench", str(toy_path), "--picture", str(tmp_path / name)]) == 2
    assert reason in capsys.readouterr().err


def test_a_process_that_fails_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(EngineUnavailableError, match="there is no bundle") as caught:
        cold_starts({"none": predict_one(["--bundle", str(tmp_path / "none.zip")])}, 1)
    assert "\n" not in str(caught.value)
    with pytest.raises(EngineUnavailableError, match="there is no bundle"):
        peak_memory(["--bundle", str(tmp_path / "none.zip")], tmp_path / "texts.txt")


def test_a_process_tells_its_own_memory_and_not_that_of_its_parent(toy_path: Path, tmp_path: Path) -> None:
    (tmp_path / "texts.txt").write_text("good film\n" * 10)
    ballast = bytearray(400_000_000)
    peak = peak_memory(["--bundle", str(toy_path), "--engine", "numpy"], tmp_path / "texts.txt")
    assert peak is None or 5_000_000 < peak < len(ballast)


def test_cold_starts_are_measured_in_turn(toy_path: Path) -> None:
    commands = {"numpy": predict_one(["--bundle", str(toy_path), "--engine", "numpy"]), "bare": BARE_IMPORT}
    assert {name: len(seconds) for name, seconds in cold_starts(commands, 2).items()} == {"numpy": 2, "bare": 2}


def test_the_energy_meter_adds_packages_and_minds_the_wrap(tmp_path: Path) -> None:
    for zone, energy in (("intel-rapl:0", 1_000_000), ("intel-rapl:1", 9_000_000), ("intel-rapl:0:0", 5)):
        (tmp_path / zone).mkdir()
        (tmp_path / zone / "energy_uj").write_text(f"{energy}\n")
        (tmp_path / zone / "max_energy_range_uj").write_text("10000000\n")
    meter = EnergyMeter(tmp_path)
    before = meter.read()
    (tmp_path / "intel-rapl:0/energy_uj").write_text("3000000")
    (tmp_path / "intel-rapl:1/energy_uj").write_text("500000")
    assert meter.joules_since(before) == pytest.approx(2.0 + 1.5)


def test_no_energy_where_the_machine_does_not_tell(tmp_path: Path) -> None:
    (tmp_path / "intel-rapl:0").mkdir()
    meter = EnergyMeter(tmp_path)
    assert not meter.available
    assert meter.joules_since(meter.read()) is None


def test_a_peer_that_cannot_run_is_named_with_its_reason(toy_path: Path) -> None:
    contenders, absent = peers_of_bundle(open_bundle(toy_path), 1)
    assert {"plain export"} <= {contender.name for contender in contenders} or "plain-export" in absent
    assert all(reason for reason in absent.values())


def test_settings_say_what_they_are() -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(b'{"engine":"numpy","precision":"fp32","threads":1}', type=Settings)
