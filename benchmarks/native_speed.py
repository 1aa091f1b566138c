"""Raw text to label on one core: the C core's kernels beside fastText, the plain export and the default engine.

    tallygate export imdb --variants int8,fp32,integer --out build/integer.zip
    TALLYGATE_IMDB=FOLDER taskset -c 0 python benchmarks/native_speed.py build/integer.zip --out build/native_speed.json

One interleaved run over the same reviews; medians count. fastText is given what its users give it: the review in lower
case with marks apart from words, which is counted, since the whole review between spaces reaches 88.4% only. Of three
settings the quickest counts whose `.ftz` file has at least 89% on the test split. `--clock cpu` counts the processor's
time instead of the wall's, for a machine that others use as well. Needs the extras `[fasttext]` and `[export]`.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

import fasttext
import numpy as np
from tabulate import tabulate

from tallygate.export.peers.plain_export import plain_export
from tallygate.runtime import Classifier
from tallygate.runtime.bundle import INTEGER
from tallygate.runtime.engines.integer import NativeEngine, load_library
from tallygate.train.corpora import Corpus, Split, load_corpus

SETTINGS: tuple[dict[str, Any], ...] = (
    {"dim": 10, "wordNgrams": 2, "bucket": 500_000, "epoch": 10, "lr": 0.25},
    {"dim": 10, "wordNgrams": 2, "bucket": 200_000, "epoch": 10, "lr": 0.25},
    {"dim": 5, "wordNgrams": 2, "bucket": 200_000, "epoch": 10, "lr": 0.25},
)
"""What fastText is trained with, on all training and validation texts, by one thread; each is quantized with qnorm,
retrain and a cutoff of 100,000."""
MARKS = tuple((mark, f" {mark} ") for mark in ".!?,'()")
LEAST_ACCURACY = 0.89
SEED = 7
PLAIN_BATCH = 32


@dataclass(frozen=True)
class Contender:
    """Answers many texts, and one."""

    many: Callable[[list[str]], object]
    one: Callable[[str], object]


def main() -> None:
    """Train, measure, print."""
    arguments = _parse_args()
    corpus = load_corpus("imdb", data_dir=arguments.data_dir)
    order = np.random.default_rng(SEED).permutation(len(corpus.test.texts))[: arguments.reviews]
    texts = [corpus.test.texts[place] for place in order]
    models = [_fasttext(corpus, number, arguments.models) for number in range(len(SETTINGS))]
    contenders = _contenders(arguments.bundle) | {
        f"fastText {number}": _peer(m) for number, (m, _) in enumerate(models)
    }
    clock = time.process_time if arguments.clock == "cpu" else time.perf_counter
    figures = _measured(contenders, texts, arguments.rounds, clock)
    accurate = [number for number, (_, accuracy) in enumerate(models) if accuracy >= LEAST_ACCURACY]
    most = max(range(len(models)), key=lambda number: models[number][1])
    best = max(accurate or [most], key=lambda number: figures[f"fastText {number}"]["texts_per_s"])
    rows = [
        _row(name, figure, figures[f"fastText {best}"], figures["plain export"]) for name, figure in figures.items()
    ]
    print(tabulate(rows, headers="keys", floatfmt=".2f"))
    for number, (settings, (_, accuracy)) in enumerate(zip(SETTINGS, models, strict=True)):
        print(f"fastText {number}: {settings}, {accuracy:.2%} on test{', compared with' if number == best else ''}")
    if arguments.out:
        arguments.out.write_text(json.dumps({"clock": arguments.clock, "rows": rows}, indent=2) + "\n")


def _parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", type=Path, help="one that holds the integer variant")
    parser.add_argument("--data-dir")
    parser.add_argument("--reviews", type=int, default=2000)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--clock", choices=["wall", "cpu"], default="wall")
    parser.add_argument("--models", type=Path, default=Path("build"), help="where fastText's files are kept")
    parser.add_argument("--out", type=Path)
    return parser.parse_args()


def _contenders(path: Path) -> dict[str, Contender]:
    default = Classifier.load(path, engine="onnxruntime")
    plain = plain_export(default.bundle, 1)
    image = default.bundle.read(default.bundle.manifest.variants[INTEGER].file)
    found = {
        "default (onnxruntime)": Contender(default.predict, default.predict),
        "plain export": Contender(lambda texts: plain.answer_many(texts, PLAIN_BATCH), plain.answer_one),
        "numpy, integer": _whole(Classifier.load(path, engine="numpy", precision=INTEGER)),
        "numpy, int8": _whole(Classifier.load(path, engine="numpy", precision="int8")),
    }
    for kernel in load_library().kernels():
        found[f"native {kernel}"] = _whole(Classifier(default.bundle, NativeEngine(image, kernel)))
    return found


def _whole(classifier: Classifier) -> Contender:
    return Contender(classifier.predict, classifier.predict)


def _peer(model: Any) -> Contender:  # noqa: ANN401
    def one(text: str) -> object:
        # What FastText.predict does for one text; its own last line fails on numpy 2.
        return model.f.predict(_prepared(text) + "\n", 1, 0.0, "strict")

    return Contender(lambda texts: model.predict([_prepared(text) for text in texts]), one)


def _prepared(text: str) -> str:
    """Marks apart from words, as fastText's own examples have them, in the quickest way that Python has."""
    text = text.lower().replace("<br />", " ")
    for mark, apart in MARKS:
        text = text.replace(mark, apart)
    return text.replace("\n", " ")


def _fasttext(corpus: Corpus, number: int, folder: Path) -> tuple[Any, float]:
    """A quantized model of one setting, trained where its file is not there yet, and its accuracy on test."""
    file = folder / f"fasttext_{number}.ftz"
    with tempfile.TemporaryDirectory() as temporary:
        if not file.exists():
            folder.mkdir(parents=True, exist_ok=True)
            written = _written((corpus.train, corpus.validation), Path(temporary, "train.txt"))
            model = fasttext.train_supervised(str(written), **SETTINGS[number], seed=0, thread=1, verbose=0)
            model.quantize(input=str(written), qnorm=True, retrain=True, cutoff=100_000, thread=1)
            model.save_model(str(file))
        model = fasttext.load_model(str(file))
        return model, model.test(str(_written((corpus.test,), Path(temporary, "test.txt"))))[1]


def _written(splits: Sequence[Split], path: Path) -> Path:
    labelled = [(label, text) for split in splits for label, text in zip(split.labels, split.texts, strict=True)]
    order = np.random.default_rng(0).permutation(len(labelled))
    lines = (f"__label__{labelled[place][0]} {_prepared(labelled[place][1])}\n" for place in order)
    path.write_text("".join(lines), encoding="utf-8", newline="\n")
    return path


def _measured(
    contenders: dict[str, Contender], texts: Sequence[str], rounds: int, clock: Callable[[], float]
) -> dict[str, dict[str, float]]:
    many: dict[str, list[float]] = {name: [] for name in contenders}
    one: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(rounds):
        for name, contender in contenders.items():
            # The slow ones answer a part: their rates vary less than the others'.
            share = list(texts) if "native" in name or "fastText" in name else list(texts[: len(texts) // 10])
            start = clock()
            contender.many(share)
            many[name].append((clock() - start) / len(share))
            for text in texts[number * 40 : number * 40 + 40]:
                start = clock()
                contender.one(text)
                one[name].append(clock() - start)
    return {n: {"texts_per_s": 1 / median(many[n]), "p50_us": 1e6 * median(one[n])} for n in contenders}


def _row(name: str, figure: dict[str, float], peer: dict[str, float], plain: dict[str, float]) -> dict[str, object]:
    return {
        "contender": name,
        "texts/s": round(figure["texts_per_s"]),
        "one text, p50 us": round(figure["p50_us"], 1),
        "x fastText": figure["texts_per_s"] / peer["texts_per_s"],
        "x plain export": figure["texts_per_s"] / plain["texts_per_s"],
        "one: x fastText": figure["p50_us"] / peer["p50_us"],
        "one: x plain export": plain["p50_us"] / figure["p50_us"],
    }


if __name__ == "__main__":
    main()
