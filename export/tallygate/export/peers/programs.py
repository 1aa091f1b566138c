"""What ``tallygate bench`` compares a bundle with where this part is installed: the plain export, PyTorch, OpenVINO."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from tallygate.runtime.bench.contender import Contender
from tallygate.runtime.bench.peers import Peer
from tallygate.runtime.bundle import Bundle
from tallygate.runtime.classifier import Classifier

if TYPE_CHECKING:
    from tallygate.export.peers.plain_export import PlainClassifier

Run = Callable[[NDArray[np.int64], NDArray[np.int64]], NDArray[np.float32]]
_BATCH_SIZES = (1, 8, 32)


def _plain(bundle: Bundle, threads: int) -> Contender:
    from tallygate.export.peers.plain_export import plain_export

    return plain_export(bundle, threads)


def _pytorch(bundle: Bundle, threads: int) -> Contender:
    import torch

    from tallygate.export.peers.plain_export import plain_model

    torch.set_num_threads(threads)
    model: PlainClassifier = plain_model(bundle)

    def run(ids: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.float32]:
        with torch.inference_mode():
            logits: NDArray[np.float32] = model(torch.from_numpy(ids), torch.from_numpy(lengths)).numpy()
        return logits

    return _on_sorted_batches(bundle, f"PyTorch {torch.__version__.split('+')[0]}", "pytorch", threads, run)


def _openvino(bundle: Bundle, threads: int) -> Contender:
    import openvino

    _, variant = bundle.variant("onnxruntime", "fp32")
    core = openvino.Core()
    settings: dict[str, Any] = {"INFERENCE_NUM_THREADS": threads, "INFERENCE_PRECISION_HINT": "f32"}
    compiled = core.compile_model(core.read_model(bundle.read(variant.file)), "CPU", settings)

    def run(ids: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.float32]:
        logits: NDArray[np.float32] = compiled({"ids": ids, "lengths": lengths})["logits"]
        return logits

    version = openvino.__version__.split("-")[0]
    return _on_sorted_batches(bundle, f"OpenVINO {version}", "openvino", threads, run)


def _on_sorted_batches(bundle: Bundle, name: str, engine: str, threads: int, run: Run) -> Contender:
    """As the runtime itself would drive it: sorted by length, padded to the longest of a batch."""
    classifier = Classifier(bundle, _PeerEngine(engine, run))

    def answer_many(texts: Sequence[str], batch_size: int) -> object:
        return classifier.with_batch_size(batch_size).predict(list(texts))

    return Contender(
        name=name,
        engine=engine,
        precision="fp32",
        provider="CPU",
        threads=threads,
        answer_one=classifier.predict,
        answer_many=answer_many,
        batch_sizes=_BATCH_SIZES,
    )


class _PeerEngine:
    precision = "fp32"
    provider = "CPU"

    def __init__(self, name: str, run: Run) -> None:
        self.name = name
        self._run = run

    def run(self, ids: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.float32]:
        return self._run(ids, lengths)


PLAIN_EXPORT = Peer(("torch", "onnx", "onnxruntime"), _plain)
PYTORCH = Peer(("torch",), _pytorch)
OPENVINO = Peer(("openvino",), _openvino)
