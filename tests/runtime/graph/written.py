"""Graphs of any architecture without torch: the network that the contract describes, written as an ONNX file."""

from __future__ import annotations

import json
from dataclasses import dataclass

import msgspec
import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from tallygate.runtime.graph.architecture import Architecture, Sizes
from tallygate.runtime.graph.contract import weight_tensors
from tallygate.runtime.graph.network import Network
from tallygate.runtime.graph.onnx_file import Attribute
from tallygate.runtime.graph.storage import HEAD, TURNED_HEAD, Codes, Dynamic, Floats, Kind, Storage
from tallygate.runtime.graph.terms import MICROSOFT, Term, Terms
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


@dataclass
class _Step:
    kind: str
    domain: str
    attributes: dict[str, Attribute]
    inputs: tuple[Term, ...]
    outputs: list[str]


class WritingTerms(Terms):
    """Terms that remember what they are."""

    def __init__(self) -> None:
        super().__init__()
        self.names: dict[Term, str] = {self.nothing: ""}
        self.constants: dict[str, Kind] = {}
        self.data: dict[str, bytes] = {}
        self.steps: dict[object, _Step] = {}

    def leaf(self, *key: object) -> Term:
        known = self.count
        term = super().leaf(*key)
        if term == known and key[0] in ("input", "weight"):
            self.names[term] = str(key[1])
        if term == known and key[0] == "numbers":
            _, dtype, dims, data = key
            name = self.names[term] = f"constant_{term}"
            self.constants[name] = dtype, dims  # type: ignore[assignment]
            self.data[name] = data  # type: ignore[assignment]
        return term

    def apply(self, kind: str, *inputs: Term, domain: str = "", output: int = 0, **attributes: Attribute) -> Term:
        term = super().apply(kind, *inputs, domain=domain, output=output, **attributes)
        if term not in self.names:
            self.names[term] = f"value_{term}"
            spelled = kind, domain, inputs, tuple(sorted(attributes.items()))
            step = self.steps.setdefault(spelled, _Step(kind, domain, attributes, inputs, []))
            step.outputs.append(self.names[term])
        return term


def written(
    architecture: Architecture, sizes: Sizes, precision: str = "fp32", seed: int = 0, opset: int = 18
) -> onnx.ModelProto:
    """The graph, with random weights."""
    storage, terms = STORAGES[precision], WritingTerms()
    logits = Network(terms, architecture, sizes, storage).logits()
    terms.steps = {key: step for key, step in terms.steps.items() if _is_used(step, terms, logits)}
    kinds = weight_tensors(architecture, sizes, storage)
    rng = np.random.default_rng(seed)
    opset = max(opset, OPSETS.get(precision, opset))
    opsets = [helper.make_opsetid("", opset)]
    opsets += [helper.make_opsetid(MICROSOFT, 1)] if precision.startswith("int8-dynamic") else []
    terms.names[logits] = "logits"
    ngrams = {} if architecture.ngrams is None else _ngrams(architecture.ngrams, sizes, rng)
    graph = helper.make_graph(
        [_node(step, terms, logits) for step in terms.steps.values()],
        "written",
        [
            helper.make_tensor_value_info("ids", TensorProto.INT64, ["batch", "time"]),
            helper.make_tensor_value_info("lengths", TensorProto.INT64, ["batch"]),
        ],
        [helper.make_tensor_value_info("logits", TensorProto.FLOAT, ["batch", sizes.outputs])],
        [_tensor(name, kind, ngrams.get(name) or _random(name, kind, rng)) for name, kind in kinds.items()]
        + [_tensor(name, kind, terms.data[name]) for name, kind in terms.constants.items()],
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


def _is_used(step: _Step, terms: WritingTerms, logits: Term) -> bool:
    """Whether anything takes what the step gives; the words as they are, for one, in a network of one direction."""
    taken = {terms.names[term] for other in terms.steps.values() for term in other.inputs}
    return terms.names[logits] in step.outputs or bool(taken & set(step.outputs))


def _node(step: _Step, terms: WritingTerms, logits: Term) -> onnx.NodeProto:
    outputs = ["logits" if name == f"value_{logits}" else name for name in step.outputs]
    inputs = [terms.names[term] for term in step.inputs]
    return helper.make_node(step.kind, inputs, outputs, domain=step.domain, **step.attributes)


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


def arrays(model: onnx.ModelProto) -> dict[str, np.ndarray]:
    """The initializers by name."""
    return {tensor.name: numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
