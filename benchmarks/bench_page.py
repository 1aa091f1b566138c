"""Write docs/bench.md: the shipped bundle on this machine, over real reviews, beside everything that it is held to.

    TALLYGATE_IMDB=FOLDER python benchmarks/bench_page.py --out docs

Another bundle gets a page of its own: with ``--bundle build/seed.zip --name seed`` it is docs/bench-seed.md.

Besides what ``tallygate bench`` measures there are, in the same run: the runtime with its defaults, and onnxruntime
driven by hand on the same file, with each of the settings below, to see what the defaults leave on the table.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from tallygate.runtime.bench.contender import Contender
from tallygate.runtime.bench.picture import draw_picture
from tallygate.runtime.bench.report import BenchReport, Result, report_to_json, table_of_results
from tallygate.runtime.bench.run import PLAIN, BenchOptions, run_bench
from tallygate.runtime.bundle import Bundle, open_bundle
from tallygate.runtime.classifier import Classifier
from tallygate.runtime.outputs import write_bytes, write_text
from tallygate.train.corpora import load_corpus

DEFAULT = "tallygate's defaults"
HAND_BATCHES = (1, 4, 6, 8, 12, 16, 32)
HAND_SETTINGS: dict[str, dict[str, Any]] = {
    "by hand: one thread": {},
    "by hand: no memory pattern": {"enable_mem_pattern": False},
    "by hand: no memory pattern, no arena": {"enable_mem_pattern": False, "enable_cpu_mem_arena": False},
    "by hand: no memory pattern, denormals as zero": {
        "enable_mem_pattern": False,
        "session.set_denormal_as_zero": "1",
    },
}
CLOCKS = {
    "wall": "Seconds are those of the clock.",
    "processor": "Seconds are those that the processor spent, since the machine was busy with other work.",
}
MADE = """;
`tallygate train --data imdb --preset {name} --out build/{name}` and
`tallygate export build/{name} --variants {variants} --out build/{name}.zip` made the bundle"""
PAGE = """# Speed of {model}

`TALLYGATE_IMDB=FOLDER python benchmarks/bench_page.py --reviews {reviews} --rounds {rounds}{flag}` wrote this
page{made}.

{machine}

{count} reviews of IMDB's training split, drawn at random; one thread for everybody; tokenising is part of every
figure. {clock}
All take turns in every round, and a ratio is the median of the rounds' ratios, so that other work on the machine
touches all alike. *Plain export* is what a newcomer would write with the same weights: `nn.LSTM` through
`torch.onnx.export`, every review padded to {max_length}, batches of 32, onnxruntime's defaults, on one thread as all.

{table}

| what is asked | figure |
| --- | --- |
| tallygate's defaults against the plain export, reviews/s batched | {batched:.2f} times |
| tallygate's defaults against the plain export, p50 at batch 1 | {latency:.2f} times |
| the bundle's quickest copy at batch 1 ({quickest_copy}) against the plain export, p50 | {quickest_latency:.2f} times |
| tallygate's defaults against the best by hand, reviews/s batched ({best_batched}) | {hand_batched:.1%} |
| tallygate's defaults against the best by hand, p50 at batch 1 ({best_latency}) | {hand_latency:.1%} |
| a new process to its first answer, against `import numpy, onnxruntime` | {cold} |

![accuracy against latency]({stem}.png)
"""


def main() -> None:
    """Measure and write."""
    arguments = _parse_args()
    bundle = open_bundle(arguments.bundle)
    texts = _reviews(arguments.data_dir, arguments.reviews)
    others = [_defaults(bundle), *(_by_hand(bundle, name, settings) for name, settings in HAND_SETTINGS.items())]
    options = BenchOptions(rounds=arguments.rounds, cpu_time=arguments.cpu_time)
    report = run_bench(bundle, texts, "IMDB training reviews", options, _say, others)
    stem = "bench" if arguments.name is None else f"bench-{arguments.name}"
    write_bytes(arguments.out / f"{stem}.json", report_to_json(report))
    write_text(arguments.out / f"{stem}.md", _page(bundle, report, arguments.name, stem))
    draw_picture(report, arguments.out / f"{stem}.png")
    print(table_of_results(report.results))


def _parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", type=Path, help="default: the shipped one")
    parser.add_argument("--name", help="of the preset that --bundle was trained by, for the page's title and file")
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--reviews", type=int, default=512)
    parser.add_argument("--rounds", type=int, default=11)
    parser.add_argument("--cpu-time", action="store_true", help="count the processor's time, on a busy machine")
    parser.add_argument("--out", type=Path, default=Path("docs"), metavar="FOLDER")
    return parser.parse_args()


def _reviews(data_dir: Path | None, count: int) -> list[str]:
    texts = load_corpus("imdb", data_dir=data_dir).train.texts
    order = np.random.default_rng(0).permutation(len(texts))[:count]
    return [texts[index] for index in order]


def _defaults(bundle: Bundle) -> Contender:
    classifier = Classifier.load(bundle.path)
    engine = classifier.engine
    return Contender(
        name=DEFAULT,
        engine=engine.name,
        precision=engine.precision,
        provider=engine.provider,
        threads=1,
        answer_one=classifier.predict,
        answer_many=lambda texts, _: classifier.predict(list(texts)),
        batch_sizes=(classifier.batch_size,),
    )


def _by_hand(bundle: Bundle, name: str, settings: dict[str, Any]) -> Contender:
    variant_name, variant = bundle.variant("onnxruntime")
    session = onnxruntime.InferenceSession(
        bundle.read(variant.file), _options(settings | variant.session), providers=["CPUExecutionProvider"]
    )

    def run(ids: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.float32]:
        logits: NDArray[np.float32] = session.run(["logits"], {"ids": ids, "lengths": lengths})[0]
        return logits

    encode, labels = bundle.tokenizer().encode, bundle.manifest.labels

    def answer_one(text: str) -> str:
        row = encode(text)
        return labels[int(run(np.array([row]), np.array([len(row)]))[0, 0] > 0)]

    return Contender(
        name=name,
        engine="onnxruntime",
        precision=variant_name,
        provider="CPUExecutionProvider",
        threads=1,
        answer_one=answer_one,
        answer_many=_sorted_batches(encode, run),
        batch_sizes=HAND_BATCHES,
    )


def _options(settings: dict[str, Any]) -> onnxruntime.SessionOptions:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    for key, value in settings.items():
        if "." in key:
            options.add_session_config_entry(key, value)
        else:
            setattr(options, key, value)
    return options


def _sorted_batches(
    encode: Callable[[str], list[int]], run: Callable[[NDArray[np.int64], NDArray[np.int64]], NDArray[np.float32]]
) -> Callable[[Sequence[str], int], NDArray[np.bool_]]:
    def answer_many(texts: Sequence[str], batch_size: int) -> NDArray[np.bool_]:
        rows = [encode(text) for text in texts]
        order = sorted(range(len(rows)), key=lambda index: len(rows[index]))
        logits = np.empty(len(rows), np.float32)
        for start in range(0, len(order), batch_size):
            chosen = order[start : start + batch_size]
            lengths = np.array([len(rows[index]) for index in chosen])
            ids = np.zeros((len(chosen), lengths[-1]), np.int64)
            for row, index in zip(ids, chosen, strict=True):
                row[: len(rows[index])] = rows[index]
            logits[chosen] = run(ids, lengths)[:, 0]
        return logits > 0

    return answer_many


def _page(bundle: Bundle, report: BenchReport, name: str | None, stem: str) -> str:
    m, default = report.machine, _named(report, DEFAULT)
    by_hand = [result for result in report.results if result.name in HAND_SETTINGS]
    fastest = max(by_hand, key=lambda result: result.reviews_per_second)
    quickest = min(by_hand, key=lambda result: result.p50_ms)
    quickest_copy = max(_copies(report), key=lambda result: result.times_plain_p50 or 0.0)
    shown = [result for result in report.results if result.name not in HAND_SETTINGS or result in (fastest, quickest)]
    versions = f"Python {m.python}, onnxruntime {m.onnxruntime}"
    return PAGE.format(
        model="the model that ships" if name is None else f"the `{name}` preset",
        stem=stem,
        reviews=report.count,
        rounds=report.rounds,
        flag=(" --cpu-time" if report.clock == "processor" else "")
        + ("" if name is None else f" --bundle build/{name}.zip --name {name}"),
        made="" if name is None else MADE.format(name=name, variants=",".join(bundle.manifest.variants)),
        clock=CLOCKS[report.clock],
        machine=f"{m.processor}, {m.cores} cores ({' '.join(m.features)}); {versions}.",
        count=report.count,
        max_length=bundle.manifest.text.max_length,
        table=table_of_results(shown, "github"),
        batched=default.times_plain_batched,
        latency=default.times_plain_p50,
        quickest_copy=quickest_copy.precision,
        quickest_latency=quickest_copy.times_plain_p50,
        best_batched=f"{fastest.name.removeprefix('by hand: ')}, batches of {fastest.batch_size}",
        best_latency=quickest.name.removeprefix("by hand: "),
        hand_batched=_over(default.times_plain_batched, fastest.times_plain_batched),
        hand_latency=_over(default.times_plain_p50, quickest.times_plain_p50),
        cold=_cold(report),
    )


def _over(one: float | None, other: float | None) -> float:
    if one is None or other is None:
        raise SystemExit(f"the {PLAIN} did not take part")
    return one / other


def _cold(report: BenchReport) -> str:
    own = _copies(report)
    return "; ".join(f"{r.precision}: {r.times_bare_import:.2f} times ({r.cold_start_s:.2f} s)" for r in own)


def _copies(report: BenchReport) -> list[Result]:
    return [result for result in report.results if result.cold_start_s and result.engine == "onnxruntime"]


def _named(report: BenchReport, name: str) -> Result:
    return next(result for result in report.results if result.name == name)


def _say(step: str) -> None:
    print(f"bench: {step} ...", file=sys.stderr)


if __name__ == "__main__":
    main()
