"""Train fastText on a bundle's data, as the peer that `tallygate bench` shows beside the bundle.

    python benchmarks/train_fasttext.py --data mini --bundle mini.zip --out build/mini.bin
    TALLYGATE_FASTTEXT=build/mini.bin tallygate bench mini.zip

It reads the tokens that the bundle's tokenizer gives, as it will in the benchmark, and trains on words and bigrams of
the training split, with settings that nobody tuned. `--out FILE.ftz` quantizes. Needs the extra `[fasttext]`.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

import fasttext

from tallygate.runtime.bundle import open_bundle
from tallygate.runtime.text import Tokenizer
from tallygate.train.baselines import write_texts
from tallygate.train.corpora import Split, load_corpus

QUANTIZED = ".ftz"
THREADS = 1
"""With more the weights differ from run to run."""


def main() -> None:
    """Train, score and save."""
    arguments = _parse_args()
    tokenizer = open_bundle(arguments.bundle).tokenizer()
    corpus = load_corpus(arguments.data, data_dir=arguments.data_dir)
    with tempfile.TemporaryDirectory() as folder:
        train = _written(corpus.train, tokenizer, Path(folder, "train.txt"))
        validation = _written(corpus.validation, tokenizer, Path(folder, "validation.txt"))
        settings = {"dim": 10, "wordNgrams": 2, "bucket": arguments.buckets, "epoch": arguments.epochs, "lr": 0.25}
        model = fasttext.train_supervised(str(train), **settings, seed=0, thread=THREADS, verbose=0)
        if arguments.out.suffix == QUANTIZED:
            model.quantize(input=str(train), qnorm=True, retrain=True, cutoff=100_000, thread=THREADS)
        rows, accuracy, _ = model.test(str(validation))
    arguments.out.parent.mkdir(parents=True, exist_ok=True)
    model.save_model(str(arguments.out))
    size = arguments.out.stat().st_size
    print(f"{arguments.out}: {size:,} bytes; accuracy {accuracy:.2%} on {rows:,} validation rows")


def _parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bundle", type=Path, help="default: the shipped one")
    parser.add_argument("--data", default="imdb", help="what the bundle was trained on (default: imdb)")
    parser.add_argument("--data-dir", type=Path)
    parser.add_argument("--epochs", type=int, default=10)
    parser.add_argument("--buckets", type=int, default=500_000, help="rows that bigrams are hashed to")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE.bin|FILE.ftz")
    return parser.parse_args()


def _written(split: Split, tokenizer: Tokenizer, path: Path) -> Path:
    write_texts(path, split.labels, [tokenizer.tokens(text) for text in split.texts])
    return path


if __name__ == "__main__":
    main()
