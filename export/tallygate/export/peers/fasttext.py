"""fastText beside a bundle in ``tallygate bench``: another model, trained on the same data, for its speed and size.

It holds none of the bundle's weights, so it takes part only where its file is named, and its name says what it is.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from tallygate.runtime.bench.contender import Contender
from tallygate.runtime.bench.peers import Peer
from tallygate.runtime.bundle import Bundle
from tallygate.runtime.errors import InputError, InputNotFoundError
from tallygate.train.baselines import LABEL, best_label

VARIABLE = "TALLYGATE_FASTTEXT"
"""Names the ``.bin`` or ``.ftz`` file of a model that was trained on the bundle's data."""
_MEND = "train one on the bundle's data: python benchmarks/train_fasttext.py"


def _create(bundle: Bundle, threads: int) -> Contender:
    """Raises :class:`InputError` for a model of other labels. A fastText model answers with one thread."""
    path = _model_path()
    import fasttext

    model = fasttext.load_model(str(path))
    _check_labels(path, model.get_labels(), bundle)
    tokens, labels = bundle.tokenizer().tokens, bundle.manifest.labels

    def answer_one(text: str) -> str:
        best = best_label(model, tokens(text))
        return labels[0] if best is None else best

    return Contender(
        name="fastText, another model",
        engine="fasttext",
        precision="quantized" if model.is_quantized() else "fp32",
        provider="CPU",
        threads=1,
        answer_one=answer_one,
        answer_many=lambda texts, _: [answer_one(text) for text in texts],
        batch_sizes=(1,),
        size=path.stat().st_size,
    )


def _model_path() -> Path:
    name = os.environ.get(VARIABLE)
    if not name:
        raise InputNotFoundError(f"${VARIABLE}", "names no model", _MEND)
    if not Path(name).is_file():
        raise InputNotFoundError(f"${VARIABLE}", f"names {name}, where no file is", _MEND)
    return Path(name)


def _check_labels(path: Path, labels: Sequence[str], bundle: Bundle) -> None:
    found = sorted(label.removeprefix(LABEL) for label in labels)
    if found != list(bundle.manifest.labels):
        raise InputError(path, f"answers with the labels {', '.join(found)[:60]}, not with the bundle's", _MEND)


FASTTEXT = Peer(("fasttext",), _create)
