"""What `tallygate train FILE` reaches with no option, beside classifiers that take seconds, on sets of many kinds.

    python benchmarks/default_models.py --imdb IMDB --trec TREC --out build/defaults [--sets trec6,A] [--seeds 0,1,2]

IMDB holds train.parquet and test.parquet, TREC holds TREC.train and TREC.test. The sets, drawn by seed 0:

    trec6, trec50  TREC's questions, six classes and fifty, its official test
    A              first sentences of 10,000 training reviews with the review's label; of 5,000 test reviews
    A95            as A, with one positive in 20: 500 in 10,000 training sentences, 250 in 5,000 test sentences
    B              the 8 ratings of 10,000 training reviews; of 5,000 test reviews
    C              1,000 whole training reviews; all 25,000 test reviews

A run that is finished is not trained again. The table is printed and written beside the runs; every figure is the
official test's. What the n-grams and the LSTM reach each alone stands beside the whole.
"""

from __future__ import annotations

import argparse
import csv
import random
import re
import statistics
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pyarrow.parquet as pq
from tabulate import tabulate

from tallygate.train.run import Result

Row = tuple[str, str]
SENTENCE = re.compile(r".+?[.!?](?=\s|$)", re.DOTALL)
WHOLE, LSTM, NGRAMS = "whole", "LSTM", "n-grams"


def main() -> None:
    """Draw the sets, train, and print the table."""
    arguments = _parse_args()
    sets = _sets(arguments.imdb, arguments.trec)
    lines = []
    for name in arguments.sets.split(","):
        train, test = _written(arguments.out, name, sets[name])
        results = [_trained(train, test, arguments.out / f"{name}-{seed}", seed) for seed in arguments.seeds.split(",")]
        lines.append([name, *_figures(results)])
        table = tabulate(lines, ["set", *_HEADERS], tablefmt="github", floatfmt=".2f")
        (arguments.out / "table.md").write_text(table + "\n", encoding="utf-8")
    print(table)


_HEADERS = ["TF-IDF + LR", "NB-SVM", NGRAMS, LSTM, WHOLE, "sd", "macro F1", "least macro F1", "seconds"]


def _figures(results: Sequence[Result]) -> list[float]:
    """Means over seeds, in percent but for F1 and seconds."""

    def mean(name: str) -> float:
        return statistics.mean(100 * _accuracy(result, name) for result in results)

    whole = [100 * _accuracy(result, WHOLE) for result in results]
    f1 = [result.training.scores[-1].macro_f1 for result in results]
    spread = statistics.stdev(whole) if len(whole) > 1 else 0.0
    parts = [mean(name) for name in ("TF-IDF + logistic regression", "NB-SVM", NGRAMS, LSTM)]
    seconds = statistics.mean(result.seconds for result in results)
    return [*parts, statistics.mean(whole), spread, statistics.mean(f1), min(f1), seconds]


def _accuracy(result: Result, name: str) -> float:
    if name == WHOLE:
        return result.training.scores[-1].accuracy
    found = [part.score for part in (*result.parts, *result.rivals) if part.part == name]
    return found[-1].accuracy if found else float("nan")


def _trained(train: Path, test: Path, out: Path, seed: str) -> Result:
    if Result.read(out) is None:
        resume = ["--resume"] if (out / "run.json").is_file() else [str(train), "--test", str(test), "--seed", seed]
        subprocess.run([sys.executable, "-m", "tallygate.runtime.cli", "train", *resume, "--out", str(out)], check=True)
    result = Result.read(out)
    assert result is not None
    return result


def _sets(imdb: Path, trec: Path) -> dict[str, Callable[[], tuple[list[Row], list[Row]]]]:
    return {
        "trec6": lambda: (_questions(trec, "train", fine=False), _questions(trec, "test", fine=False)),
        "trec50": lambda: (_questions(trec, "train", fine=True), _questions(trec, "test", fine=True)),
        "A": lambda: (_drawn(imdb, "train", 10_000, _sentence), _drawn(imdb, "test", 5_000, _sentence)),
        "A95": lambda: (_unbalanced(imdb, "train", 10_000), _unbalanced(imdb, "test", 5_000)),
        "B": lambda: (_drawn(imdb, "train", 10_000, _rating), _drawn(imdb, "test", 5_000, _rating)),
        "C": lambda: (_drawn(imdb, "train", 1_000, _review), _drawn(imdb, "test", 25_000, _review)),
    }


def _questions(folder: Path, split: str, fine: bool) -> list[Row]:
    lines = (folder / f"TREC.{split}").read_text("latin-1").splitlines()
    pairs = (line.partition(" ") for line in lines)
    return [(text, label if fine else label.partition(":")[0]) for label, _, text in pairs]


def _drawn(folder: Path, split: str, count: int, row_of: Callable[[dict[str, object]], Row]) -> list[Row]:
    rows = pq.read_table(folder / f"{split}.parquet").to_pylist()
    return [row_of(row) for row in random.Random(0).sample(rows, count)]


def _unbalanced(folder: Path, split: str, count: int) -> list[Row]:
    """One of 20 is positive."""
    rows = _drawn(folder, split, 25_000, _sentence)
    common, rare = ([row for row in rows if row[1] == label] for label in ("negative", "positive"))
    mixed = common[: count - count // 20] + rare[: count // 20]
    random.Random(0).shuffle(mixed)
    return mixed


def _sentence(row: dict[str, object]) -> Row:
    text, label = _review(row)
    first = SENTENCE.match(text.replace("<br />", " ").strip())
    return (first[0] if first else text), label


def _review(row: dict[str, object]) -> Row:
    return str(row["text"]), "positive" if row["label"] else "negative"


def _rating(row: dict[str, object]) -> Row:
    return str(row["text"]), f"{row['rating']} of 10"


def _written(folder: Path, name: str, draw: Callable[[], tuple[list[Row], list[Row]]]) -> tuple[Path, Path]:
    paths = folder / f"{name}-train.csv", folder / f"{name}-test.csv"
    folder.mkdir(parents=True, exist_ok=True)
    if not all(path.is_file() for path in paths):
        for path, rows in zip(paths, draw(), strict=True):
            with path.open("w", encoding="utf-8", newline="") as file:
                csv.writer(file).writerows([("text", "label"), *rows])
    return paths


def _parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--imdb", type=Path, required=True)
    parser.add_argument("--trec", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--sets", default="trec6,trec50,A,A95,B,C")
    parser.add_argument("--seeds", default="0,1,2")
    return parser.parse_args()


if __name__ == "__main__":
    main()
