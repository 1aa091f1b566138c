"""The parity gate lets through what it should and stops what it should, figure by figure."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from tallygate.runtime.batches import BATCH_IDS
from tallygate.runtime.bundle import Temperatures
from tallygate.runtime.engines.engine import logits_of_rows
from tallygate.runtime.parity.comparison import Comparison, deviation, margins
from tallygate.runtime.parity.gate import MINIMUM_GOLDENS, Reference, check_parity, labels_never_given
from tallygate.runtime.parity.grid import arrangements
from tallygate.runtime.parity.limits import GATES, Gate
from tallygate.runtime.parity.report import GateCheck, table_of_reports
from tallygate.runtime.text.tokenizer import TextContract, Tokenizer
from tallygate.runtime.text.vocabulary import Vocabulary

Ids = NDArray[np.int64]
Logits = NDArray[np.float32]
WORDS = [f"w{number}" for number in range(30)]
TOKENIZER = Tokenizer(Vocabulary({word: row for row, word in enumerate(WORDS, 2)}, 32), TextContract(max_length=20))


class Summing:
    """An engine whose logits are sums over the valid ids; ``alter`` makes it wrong in some way."""

    name, provider = "summing", "numpy"

    def __init__(
        self,
        precision: str = "fp32",
        outputs: int = 1,
        alter: Callable[[Logits, Ids, Ids], Logits] = lambda logits, _ids, _lengths: logits,
    ) -> None:
        self.precision = precision
        self.table = np.random.default_rng(0).normal(size=(32, outputs)).astype(np.float32)
        self.alter = alter

    def run(self, ids: Ids, lengths: Ids) -> Logits:
        valid = np.arange(ids.shape[1]) < lengths[:, None]
        # Row by row, so that a sum does not depend on how numpy splits the padded axis.
        logits = np.stack([self.table[row[mask]].sum(axis=0) for row, mask in zip(ids, valid, strict=True)])
        return self.alter(logits, ids, lengths)


def reference(outputs: int = 1, rows: int = MINIMUM_GOLDENS) -> Reference:
    rng = np.random.default_rng(1)
    texts = [" ".join(rng.choice(WORDS, size=1 + number % 23)) for number in range(rows)]
    ids = [TOKENIZER.encode(text) for text in texts]
    return Reference("goldens", texts, logits_of_rows(Summing(outputs=outputs), ids, outputs, 64), ids)


def failed(report_of: Summing, goldens: Reference | None = None, data: Reference | None = None) -> set[str]:
    report = check_parity(report_of, TOKENIZER, goldens or reference(report_of.table.shape[1]), [data] if data else [])
    assert report.passed == (not report.failures())
    return {check.name for check in report.checks if not check.passed}


@pytest.mark.parametrize("precision", GATES)
@pytest.mark.parametrize("outputs", [1, 3])
def test_the_same_answers_pass_every_gate(precision: str, outputs: int) -> None:
    assert failed(Summing(precision, outputs)) == set()


@pytest.mark.parametrize(("precision", "limit"), [(name, gate.max_logit_difference) for name, gate in GATES.items()])
def test_the_limit_of_a_logit_binds(precision: str, limit: float) -> None:
    if math.isinf(limit):
        assert "max logit difference" not in failed(Summing(precision, alter=lambda z, _i, _n: z + 9))
        return
    inside = failed(Summing(precision, 3, alter=lambda z, _i, _n: z + np.float32(0.98 * limit)))
    outside = failed(Summing(precision, 3, alter=lambda z, _i, _n: z + np.float32(1.02 * limit)))
    assert inside == set()
    assert outside == {"max logit difference", "max logit difference, hard grid"}


def test_nan_fails_even_where_figures_are_only_reported() -> None:
    def one_nan(logits: Logits, ids: Ids, _lengths: Ids) -> Logits:
        return np.where((ids[:, :1] == 5), np.float32(np.nan), logits)

    for precision in GATES:
        assert "logits that are not finite" in failed(Summing(precision, alter=one_nan))
    assert {"max logit difference", "max row difference"} <= failed(Summing(alter=one_nan))


def test_an_answer_that_depends_on_its_neighbours_fails() -> None:
    wrong = Summing(alter=lambda z, _ids, _lengths: z + np.float32(3e-5) * (len(z) > 1))
    assert failed(wrong) == {"max row difference"}


def test_an_answer_that_depends_on_its_padding_fails() -> None:
    def sees_padding(logits: Logits, ids: Ids, lengths: Ids) -> Logits:
        return logits + np.float32(3e-5) * ((ids.shape[1] - lengths) > 0)[:, None]

    assert failed(Summing(alter=sees_padding)) == {"max row difference"}


def test_an_answer_that_depends_on_what_stands_in_its_padding_fails() -> None:
    def reads_behind(logits: Logits, ids: Ids, lengths: Ids) -> Logits:
        behind = np.arange(ids.shape[1]) >= lengths[:, None]
        return logits + np.float32(1e-6) * (ids * behind).sum(axis=1, keepdims=True)

    assert "max row difference" in failed(Summing(alter=reads_behind))


def test_one_place_of_padding_is_tried() -> None:
    wrong = Summing(alter=lambda z, ids, lengths: z + np.float32(3e-5) * (ids.shape == (1, lengths[0] + 1)))
    assert failed(wrong) == {"max row difference"}


def test_a_long_row_that_is_wrong_alone_fails() -> None:
    wrong = Summing(alter=lambda z, ids, _lengths: z + np.float32(1.0) * (ids.shape == (1, 20)))
    assert "max row difference" in failed(wrong)


def test_an_engine_that_raises_fails_with_its_words() -> None:
    def broken(_logits: Logits, _ids: Ids, _lengths: Ids) -> Logits:
        raise RuntimeError("out of\nbounds")

    report = check_parity(Summing(alter=broken), TOKENIZER, reference())
    assert report.failures() == ["fp32 on summing: failed runs 1, above 0 (RuntimeError: out of bounds)"]
    assert report.parity is None


def test_another_tokenizer_fails() -> None:
    other = Tokenizer(Vocabulary({**TOKENIZER.vocabulary.rows, "w3": 2}, 32), TOKENIZER.contract)
    report = check_parity(Summing(), other, reference())
    assert report.figure("texts with other ids") > 0
    assert not report.passed


@pytest.mark.parametrize(
    ("rows", "wrong", "passes"), [(256, 1, True), (256, 2, False), (1000, 1, True), (2001, 3, True), (2001, 4, False)]
)
def test_flips_of_fp16_are_counted(rows: int, wrong: int, passes: bool) -> None:
    goldens = reference(rows=rows)
    near = replace(goldens, logits=goldens.logits.copy())
    near.logits[:wrong] = -np.sign(near.logits[:wrong]) * 1e-3
    answers = Comparison(expected=near.logits, found=goldens.logits)
    assert int(answers.flips.sum()) == wrong
    assert (wrong <= GATES["fp16"].flips_allowed(rows)) is passes


@pytest.mark.parametrize(("outputs", "factor"), [(1, 1.0), (3, 0.9)])
def test_fp32_may_flip_only_within_its_margin(outputs: int, factor: float) -> None:
    logits = np.zeros((1, outputs), np.float32)
    logits[0, 0] = factor * 9e-5
    answers = Comparison(expected=logits, found=-logits)
    assert answers.flips.all()
    assert answers.flips_beyond(1e-4) == 0
    assert Comparison(expected=2 * logits, found=-logits).flips_beyond(1e-4) == 1


@pytest.mark.parametrize(("temperature", "passes"), [(1.0, False), (2.0, True), (0.2, False)])
def test_limits_are_on_logits_as_a_user_meets_them(temperature: float, passes: bool) -> None:
    """Off by 0.3, above int8's limit; the raw figure stands beside whatever it is divided by."""
    goldens = replace(reference(), temperatures=Temperatures.constant(temperature))
    off = Summing("int8", alter=lambda z, _ids, _lengths: z + np.float32(0.3) * np.sign(z))
    report = check_parity(off, TOKENIZER, goldens)
    assert report.passed is passes
    for name in ("max logit difference", "max logit difference, hard grid"):
        assert report.figure(name) == pytest.approx(0.3 / temperature, abs=1e-4)
    assert report.figure("max logit difference, not divided by temperatures") == pytest.approx(0.3, abs=1e-5)
    assert report.parity is not None
    assert report.parity.max_logit_difference == pytest.approx(0.3 / temperature, abs=1e-4)
    assert report.parity.max_raw_difference == pytest.approx(0.3, abs=1e-5)


def test_each_row_is_divided_by_the_temperature_of_its_own_length() -> None:
    """Texts of two tokens alone are far off, and theirs alone is high."""
    off = Summing("int8", alter=lambda z, _ids, lengths: z + np.where(lengths == 2, 0.9, 0.0)[:, None] * np.sign(z))
    goldens = reference()
    for table, passes in (((1.0, 4.0, 1.0), True), ((4.0, 1.0, 4.0), False)):
        by_length = replace(goldens, temperatures=Temperatures(law="", table=table))
        assert check_parity(off, TOKENIZER, by_length).passed is passes


def test_accuracy_binds_int8() -> None:
    goldens = reference()
    data = reference(rows=600)
    targets = (data.logits[:, 0] > 0).astype(np.int64)
    labelled = replace(data, data="some validation", targets=targets, ids=None)
    near_zero = np.abs(data.logits[:, 0]) < 0.12
    assert near_zero.sum() > 3
    wrong = Summing("int8", alter=lambda z, _ids, _lengths: np.where(np.abs(z) < 0.12, -z, z))
    assert "points of accuracy lost" in failed(wrong, goldens, labelled)
    report = check_parity(wrong, TOKENIZER, goldens, [labelled, replace(data, data="some training", ids=None)])
    assert "points of accuracy lost" in {check.name for check in report.checks if not check.passed}
    assert "points of accuracy lost" not in failed(Summing("int8"), goldens, labelled)


@pytest.mark.parametrize("right", range(1, 500, 7))
def test_one_text_of_500_is_a_fifth_of_a_point(right: int) -> None:
    expected = np.where(np.arange(500) < right, 1.0, -1.0).astype(np.float32)[:, None]
    found = expected.copy()
    found[0] = -1.0
    assert Comparison(expected, found).points_lost(np.ones(500, np.int64)) == 0.2


def test_a_reference_that_says_nothing_fails() -> None:
    goldens = reference()
    quiet = replace(goldens, logits=goldens.logits / 100)
    assert "deviation of the reference's logits" in failed(Summing(), quiet)
    sure = replace(goldens, logits=goldens.logits + 1000)
    assert "labels that the reference gives" in failed(Summing(), sure)
    three = reference(outputs=3)
    only_one = replace(three, logits=three.logits - np.array([0, 1000, 1000], np.float32))
    assert "labels that the reference gives" in failed(Summing(outputs=3), only_one)


def test_labels_that_are_never_given_are_reported_and_not_fatal() -> None:
    away = np.array([0, 0, 1000], np.float32)
    three = reference(outputs=3)
    never = replace(three, logits=three.logits - away)
    report = check_parity(Summing(outputs=3, alter=lambda z, _i, _n: z - away), TOKENIZER, never)
    assert report.passed
    assert report.figure("labels that the reference never gives") == 1
    assert labels_never_given([never]) == [2]
    assert labels_never_given([never, three]) == []
    report = check_parity(Summing(outputs=3), TOKENIZER, never)
    assert "max logit difference" in {check.name for check in report.checks if not check.passed}


def test_a_constant_difference_between_classes_is_no_deviation() -> None:
    logits = np.tile(np.array([[9.0, -9.0, 0.0]], np.float32), (50, 1))
    assert deviation(logits) == 0


def test_too_few_goldens_fail() -> None:
    assert failed(Summing(), reference(rows=MINIMUM_GOLDENS - 1)) == {"goldens"}


def test_the_figures_go_into_the_manifest() -> None:
    goldens, data = reference(), replace(reference(rows=300), data="some validation")
    off = Summing("int8", alter=lambda z, _i, _n: z + np.float32(0.125))
    report = check_parity(off, TOKENIZER, goldens, [data, replace(reference(rows=1700), data="some training")])
    assert report.parity is not None
    assert report.parity.rows == MINIMUM_GOLDENS + 2000
    assert report.parity.data == "goldens, 300 some validation texts and 1,700 some training texts"
    assert report.parity.max_logit_difference == pytest.approx(0.125, abs=1e-5)
    assert report.parity.label_flips == report.figure("label flips") > 0
    assert "int8" in table_of_reports([report])


def test_margins() -> None:
    assert margins(np.array([[-2.0], [0.5]], np.float32)).tolist() == [2.0, 0.5]
    assert margins(np.array([[1.0, 4.0, 3.5]], np.float32)).tolist() == [0.5]


@pytest.mark.parametrize(
    ("check", "passed"),
    [
        (GateCheck(name="x", figure=1.0, limit=1.0), True),
        (GateCheck(name="x", figure=1.1, limit=1.0), False),
        (GateCheck(name="x", figure=math.nan, limit=1.0), False),
        (GateCheck(name="x", figure=math.nan, limit=1.0, at_least=True), False),
        (GateCheck(name="x", figure=0.9, limit=1.0, at_least=True), False),
        (GateCheck(name="x", figure=9.9, limit=None), True),
    ],
)
def test_a_check(check: GateCheck, passed: bool) -> None:
    assert check.passed is passed


def test_the_table_of_gates_is_the_contract() -> None:
    assert GATES["fp32"] == Gate(1e-4, 0.0, 1e-5, flips_within_margin=1e-4)
    assert GATES["fp16"] == Gate(2e-2, 0.001, 1e-3)
    assert GATES["bf16"] == Gate(0.15, 0.005, 1e-2)
    assert GATES["int8"] == GATES["int4"] == Gate(0.25, 0.005, 1e-5, accuracy_points=0.2, drift=1e-4)
    assert GATES["int8-dynamic"] == Gate(math.inf, 0.01, math.inf, accuracy_points=0.5)


@pytest.mark.parametrize("max_length", [1, 5, 40_000, 100_000])
def test_the_grid_stays_within_its_limits(max_length: int) -> None:
    lengths = sorted({1, max(1, max_length // 3), max_length})
    for arrangement in arrangements(range(len(lengths)), lengths, max_length):
        assert arrangement.time <= max_length
        assert max(lengths[row] for row in arrangement.rows) <= arrangement.time
        assert len(arrangement.rows) == 1 or len(arrangement.rows) * arrangement.time <= BATCH_IDS
