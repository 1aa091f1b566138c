"""Graphs of any architecture without torch: the network that the contract describes, written as an ONNX file."""

from __future__ import annotations

import json

import msgspec
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from tallygate.export.graph.writing import TermWriter
from tallygate.runtime.graph.architecture import Architecture, Sizes
from tallygate.runtime.graph.contract import weight_tensors
from tallygate.runtime.graph.network import Network
from tallygate.runtime.graph.storage import HEAD, TURNED_HEAD, Codes, Dynamic, Floats, Kind, Storage
from tallygate.runtime.graph.terms import MICROSOFT, Terms
from tallygate.runtime.ngrams import NgramShape, as_bytes, hashes, slots_of

STORAGES: dict[str, Storage] = {
    "fp32": Floats(TensorProto.FLOAT),
    "fp16": Floats(TensorProto.FLOAT16),
    "bf16": Floats(TensorProto.BFLOAT16),
    "int8": Codes(TensorProto.INT8),
    "int4": Codes(TensorProto.INT4),
    "int8-dynamic": Dynamic(TURNED_HEAD),
    "int8-dynamic, older": Dynamic(HEAD),
}
OPSETS = {"bf16": 22, "int4": 21}
IR_VERSIONS = {18: 8, 19: 9, 20: 9, 21: 10, 22: 10, 23: 11}


def written(
    architecture: Architecture, sizes: Sizes, precision: str = "fp32", seed: int = 0, opset: int = 18
) -> onnx.ModelProto:
    """The graph, with random weights."""
    storage, terms = STORAGES[precision], Terms()
    logits = Network(terms, architecture, sizes, storage).logits()
    writer = TermWriter(terms, wanted={logits: "logits"})
    writer.write(logits)
    kinds = weight_tensors(architecture, sizes, storage)
    rng = np.random.default_rng(seed)
    opset = max(opset, OPSETS.get(precision, opset))
    opsets = [helper.make_opsetid("", opset)]
    opsets += [helper.make_opsetid(MICROSOFT, 1)] if precision.startswith("int8-dynamic") else []
    ngrams = {} if architecture.ngrams is None else _ngrams(architecture.ngrams, sizes, rng)
    graph = helper.make_graph(
        writer.nodes,
        "written",
        [
            helper.make_tensor_value_info("ids", TensorProto.INT64, ["batch", "time"]),
            helper.make_tensor_value_info("lengths", TensorProto.INT64, ["batch"]),
        ],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", sizes.outputs])],
        [_tensor(name, kind, ngrams.get(name) or _random(name, kind, rng)) for name, kind in kinds.items()]
        + writer.numbers,
    )
    model = helper.make_model(graph, opset_imports=opsets, ir_version=IR_VERSIONS[opset])
    facts = {"layers": architecture.layers, "bidirectional": architecture.bidirectional}
    facts |= {"pooling": architecture.pooling, "head_activation": architecture.head_activation}
    facts |= {"pooling_floor": architecture.pooling_floor, "ngrams": msgspec.to_builtins(architecture.ngrams)}
    helper.set_model_props(model, {"tallygate.architecture": json.dumps(facts)})
    return model


def _ngrams(shape: NgramShape, sizes: Sizes, rng: np.random.Generator) -> dict[str, bytes]:
    """Codes, and fingerprints of n-grams that texts of these few words have, so that many are found."""
    words = sizes.vocabulary_size
    codes = rng.integers(-127, 128, (words + shape.slots, sizes.outputs)).astype(np.int8)
    codes[0] = 0
    columns = rng.integers(0, words, (shape.longest, 4 * shape.slots))
    columns[2:, ::2] = words
    found = hashes(columns, shape)
    fingerprints = np.zeros(shape.slots, np.int64)
    fingerprints[slots_of(found, np.zeros(shape.buckets, np.int64), shape)] = found[2] >> 8
    zeros = np.zeros((shape.buckets, 2), np.uint8)
    arrays = {"codes": codes, "fingerprints": as_bytes(fingerprints), "displacements": zeros}
    return {f"ngrams.{name}": array.tobytes() for name, array in arrays.items()}


def _tensor(name: str, kind: Kind, data: bytes) -> onnx.TensorProto:
    return helper.make_tensor(name, kind[0], kind[1], data, raw=True)


def _random(name: str, kind: Kind, rng: np.random.Generator) -> bytes:
    dtype, dims = kind
    size = int(np.prod(dims))
    if dtype == TensorProto.INT4:
        return rng.integers(0, 256, (size + 1) // 2).astype(np.uint8).tobytes()
    if dtype in (TensorProto.INT8, TensorProto.UINT8):
        low, high = (0, 1) if name.endswith("zero_point") else (1, 120)
        return rng.integers(low, high, size).astype(np.int8).tobytes()
    if "scale" in name:
        return rng.uniform(1e-3, 2e-2, size).astype(np.float32).tobytes()
    values = rng.normal(size=size).astype(np.float32)
    if dtype == TensorProto.BFLOAT16:
        return (values.view(np.uint32) >> 16).astype(np.uint16).tobytes()
    return values.astype(np.float16 if dtype == TensorProto.FLOAT16 else np.float32).tobytes()


def with_altered_constants(sound: onnx.ModelProto) -> list[onnx.ModelProto]:
    """The graph as often as it has constants that are no weights, each time with another of them changed by a bit."""
    found = []
    for place, tensor in enumerate(sound.graph.initializer):
        if tensor.name.startswith("number_"):
            altered = onnx.ModelProto()
            altered.CopyFrom(sound)
            altered.graph.initializer[place].raw_data = bytes([tensor.raw_data[0] ^ 8]) + tensor.raw_data[1:]
            found.append(altered)
    return found


def arrays(model: onnx.ModelProto) -> dict[str, np.ndarray]:
    """The initializers by name."""
    return {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
