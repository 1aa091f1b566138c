"""Reviews per second of the tokenizer on one core, beside the Hugging Face library with the same rules.

    TALLYGATE_IMDB=FOLDER python benchmarks/tokenizer_speed.py

Both read the same reviews in turn, in one run; the best of the rounds counts for each.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import tokenizers
from tabulate import tabulate

from tallygate.runtime.bundle import LAYOUT, open_bundle
from tallygate.train.corpora import load_corpus


def main() -> None:
    """Measure and print."""
    arguments = _parse_args()
    bundle = open_bundle(arguments.bundle)
    ours = bundle.tokenizer().encode
    theirs = tokenizers.Tokenizer.from_str(bundle.read(LAYOUT.tokenizer).decode()).encode
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    reviews = load_corpus("imdb", data_dir=arguments.data_dir).train.texts[: arguments.reviews]
    groups = {"ASCII": [text for text in reviews if text.isascii()], "all": reviews}
    rows = []
    for name, texts in groups.items():
        speeds = _speeds({"tallygate": ours, "tokenizers": theirs}, texts, arguments.rounds)
        rows.append({"texts": name, "reviews": len(texts), **{k: round(v) for k, v in speeds.items()}})
    print(tabulate(rows, headers="keys"))
    if arguments.out:
        arguments.out.write_text(json.dumps(rows, indent=2) + "\n")


def _parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", type=Path, help="default: the shipped one")
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--reviews", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--out", type=Path, metavar="FILE.json")
    return parser.parse_args()


def _speeds(encoders: dict[str, Callable[[str], object]], texts: Sequence[str], rounds: int) -> dict[str, float]:
    best = dict.fromkeys(encoders, 0.0)
    for _ in range(rounds):
        for name, encode in encoders.items():
            start = time.perf_counter()
            for text in texts:
                encode(text)
            best[name] = max(best[name], len(texts) / (time.perf_counter() - start))
    return best


if __name__ == "__main__":
    main()
