"""Well-formed wrong graphs and manifests: sound ones, with parts taken out, put in, swapped, renamed and blown up."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from tallygate.runtime.graph.architecture import Architecture, Sizes
from tallygate.runtime.graph.terms import OPERATORS
from tests.attacks import graphs, weights
from tests.runtime.conftest import WORDS, ToyBundle, toy_goldens
from tests.runtime.graph.written import written

MODEL = "model.fp32.onnx"
_ACTIVATIONS = ("linear", "sigmoid", "tanh", "relu", "softplus", "leaky-relu")
_KINDS = [kind for _, kind in OPERATORS] + [
    "Loop", "If", "Scan", "ConstantOfShape", "Tile", "Pad", "Resize", "NonZero", "TopK", "Einsum", "Conv", "MatMul",
    "RandomNormal", "OptionalGetElement", "SequenceAt", "StringNormalizer", "", "\x1b[31m",
]  # fmt: skip
_NUMBERS = (0, 1, -1, 2, 3, 7, 255, 2**16, 2**31, -(2**31), 2**40, 2**62, -(2**63))
_TYPES = [1, 2, 3, 6, 7, 9, 10, 11, 16, 22, 0, 99]
_ATTRIBUTES = ["axis", "to", "perm", "hidden_size", "layout", "direction", "clip", "activations", "keepdims", "body"]
_VALUES: list[Any] = [None, True, False, 0, 1, -1, 2**63, 1e308, 1e-308, -0.0, 5e-324, "", "x", "../x", "\x1b[2J",
    "\u202e", [], {}, [[[]]], {"a": {}}, ["x"] * 300, "y" * 5000, [1, "x", None], "1.0",
    "99.9", "fp32", "int8", "numpy"]  # fmt: skip

Graph = onnx.ModelProto
Change = Callable[[random.Random, Graph], None]


def sound_bundle(rng: random.Random) -> ToyBundle:
    """A bundle of a random small architecture, in fp32 or int8 codes."""
    toy = ToyBundle()
    precision = rng.choice(["fp32", "fp32", "int8", "int4"])
    pooling = rng.choice(["last", "mean", "max"])
    architecture = Architecture(
        layers=rng.randint(1, 3),
        bidirectional=rng.random() < 0.5,
        pooling=pooling,  # type: ignore[arg-type]
        pooling_floor=rng.choice([1, 2, 40]) if pooling == "mean" else 1,
        head_activation=rng.choice(_ACTIVATIONS),  # type: ignore[arg-type]
    )
    sizes = Sizes(len(WORDS) + 2, rng.randint(1, 4), rng.randint(1, 4), 1)
    model = written(architecture, sizes, precision, rng.randrange(1000))
    toy.files[MODEL] = model.SerializeToString()
    toy.files["golden.jsonl"] = toy_goldens(toy.files[MODEL])
    variant = toy.manifest["variants"]["fp32"]  # type: ignore[index]
    variant["opset"], variant["ir_version"] = model.opset_import[0].version, model.ir_version
    toy.match_hashes()
    return toy


def alter_graph(rng: random.Random, model: bytes) -> bytes:
    """One to three changes, or an attack of the catalogue."""
    if rng.random() < 0.1:
        try:
            return rng.choice([*graphs.ATTACKS, *weights.ATTACKS])(model)
        except Exception:  # it needs a part that this graph does not have
            return model
    graph = onnx.load_from_string(model)
    for _ in range(rng.randint(1, 3)):
        rng.choice(_CHANGES)(rng, graph)
    return graph.SerializeToString()


def alter_manifest(rng: random.Random, manifest: dict[str, Any]) -> None:
    """One to three values replaced, taken away or put in, anywhere."""
    for _ in range(rng.randint(1, 3)):
        place: Any = manifest
        while True:
            keys = list(place) if isinstance(place, dict) else list(range(len(place)))
            if not keys:
                break
            key = rng.choice(keys)
            if isinstance(place[key], dict | list) and place[key] and rng.random() < 0.8:
                place = place[key]
                continue
            if rng.random() < 0.2:
                del place[key]
            elif rng.random() < 0.2 and isinstance(place, dict):
                place[rng.choice(["extra", "\x1b", "session.x", key + "2" if isinstance(key, str) else "k"])] = 1
            else:
                place[key] = rng.choice(_VALUES)
            break


def alter_goldens(rng: random.Random, goldens: bytes) -> bytes:
    """One row with a value of another kind."""
    rows = [json.loads(line) for line in goldens.splitlines()]
    alter_manifest(rng, {"rows": rows})
    return b"\n".join(json.dumps(row).encode() for row in rows)


def _node(rng: random.Random, graph: Graph) -> onnx.NodeProto:
    return rng.choice(list(graph.graph.node) or [graph.graph.node.add()])


def _array(rng: random.Random, graph: Graph) -> onnx.TensorProto:
    return rng.choice(list(graph.graph.initializer) or [graph.graph.initializer.add()])


def _names(graph: Graph) -> list[str]:
    outputs = [name for node in graph.graph.node for name in node.output]
    return [*outputs, *(tensor.name for tensor in graph.graph.initializer), "ids", "lengths", "", "nothing"]


def _drop_node(rng: random.Random, graph: Graph) -> None:
    if graph.graph.node:
        del graph.graph.node[rng.randrange(len(graph.graph.node))]


def _repeat_node(rng: random.Random, graph: Graph) -> None:
    node, times = onnx.NodeProto(), rng.choice([1, 1, 3, 300, 2000])
    node.CopyFrom(_node(rng, graph))
    for number in range(times):
        copy = graph.graph.node.add()
        copy.CopyFrom(node)
        if rng.random() < 0.9:
            copy.output[:] = [f"{name}.{number}" for name in copy.output]


def _insert_node(rng: random.Random, graph: Graph) -> None:
    names, kind = _names(graph), rng.choice(_KINDS)
    inputs = rng.choices(names, k=rng.randint(0, 4))
    node = helper.make_node(
        kind, inputs, [f"new.{rng.randrange(99)}"], domain=rng.choice(["", "", "com.microsoft", "own"])
    )
    target = _node(rng, graph)
    if target.input:
        target.input[rng.randrange(len(target.input))] = node.output[0]
    graph.graph.node.insert(rng.randint(0, len(graph.graph.node)), node)


def _insert_harmless_node(rng: random.Random, graph: Graph) -> None:
    """Something that an engine would run without a word."""
    target = _node(rng, graph)
    if not target.input:
        return
    place = rng.randrange(len(target.input))
    kind, name = rng.choice(["Identity", "Abs", "Neg", "Relu"]), f"harmless.{rng.randrange(99)}"
    position = list(graph.graph.node).index(target)
    graph.graph.node.insert(position, helper.make_node(kind, [target.input[place]], [name]))
    graph.graph.node[position + 1].input[place] = name


def _swap_inputs(rng: random.Random, graph: Graph) -> None:
    node = _node(rng, graph)
    inputs = list(node.input)
    rng.shuffle(inputs)
    node.input[:] = inputs


def _rewire(rng: random.Random, graph: Graph) -> None:
    node = _node(rng, graph)
    if node.input:
        node.input[rng.randrange(len(node.input))] = rng.choice(_names(graph))


def _rename_output(rng: random.Random, graph: Graph) -> None:
    node = _node(rng, graph)
    if node.output:
        node.output[rng.randrange(len(node.output))] = rng.choice(_names(graph))


def _another_operator(rng: random.Random, graph: Graph) -> None:
    _node(rng, graph).op_type = rng.choice(_KINDS)


def _another_domain(rng: random.Random, graph: Graph) -> None:
    _node(rng, graph).domain = rng.choice(["", "ai.onnx", "com.microsoft", "ai.onnx.ml", "own\n"])


def _attribute(rng: random.Random, graph: Graph) -> None:
    node = _node(rng, graph)
    names = [attribute.name for attribute in node.attribute]
    name = rng.choice([*names, *_ATTRIBUTES])
    kept = [attribute for attribute in node.attribute if attribute.name != name or rng.random() < 0.1]
    number = rng.choice(_NUMBERS)
    value = rng.choice([number, float(number), "reverse", [number] * 3, [0, 1, 2], np.nan, ["x"]])
    del node.attribute[:]
    node.attribute.extend([*kept, helper.make_attribute(name, value)])


def _attribute_type(rng: random.Random, graph: Graph) -> None:
    node = _node(rng, graph)
    if node.attribute:
        rng.choice(list(node.attribute)).type = rng.randint(0, 14)


def _dims(rng: random.Random, graph: Graph) -> None:
    tensor = _array(rng, graph)
    tensor.dims[:] = [rng.choice(_NUMBERS) for _ in range(rng.randint(0, 4))]


def _data_type(rng: random.Random, graph: Graph) -> None:
    _array(rng, graph).data_type = rng.choice(_TYPES)


def _array_of_another_shape(rng: random.Random, graph: Graph) -> None:
    tensor = _array(rng, graph)
    shape = [rng.randint(0, 40) for _ in range(rng.randint(0, 4))]
    dtype = rng.choice([np.float32, np.float64, np.int8, np.int64, np.float16, np.bool_])
    tensor.CopyFrom(numpy_helper.from_array(np.zeros(shape, dtype), tensor.name))


def _numbers(rng: random.Random, graph: Graph) -> None:
    """Of the same type and shape, but extreme."""
    tensor = _array(rng, graph)
    if tensor.data_type not in (TensorProto.FLOAT, TensorProto.INT64, TensorProto.INT8, TensorProto.UINT8):
        return
    array = numpy_helper.to_array(tensor).copy()
    extremes = [0, 3e38, -3e38, 1e-45, np.nan, np.inf] if array.dtype == np.float32 else [0, 1, 127, -128, 2**62]
    with np.errstate(all="ignore"):
        value = np.array(rng.choice(extremes)).astype(array.dtype)
    if array.size and rng.random() < 0.5:
        array.flat[rng.randrange(array.size)] = value
    else:
        array[...] = value
    tensor.CopyFrom(numpy_helper.from_array(array, tensor.name))


def _rename_array(rng: random.Random, graph: Graph) -> None:
    _array(rng, graph).name = rng.choice([*_names(graph), "\x1b[2J", "x" * 5000])


def _many_arrays(rng: random.Random, graph: Graph) -> None:
    for number in range(rng.choice([1, 100, 5000])):
        graph.graph.initializer.append(numpy_helper.from_array(np.zeros(rng.choice([1, 9])), f"many.{number}"))


def _versions(rng: random.Random, graph: Graph) -> None:
    if rng.random() < 0.5:
        graph.ir_version = rng.choice([0, 3, 8, 9, 10, 11, 12, 2**40])
    elif rng.random() < 0.5:
        graph.opset_import[0].version = rng.choice([0, 7, 17, 18, 19, 23, 24, 99, -1])
    else:
        graph.opset_import.append(helper.make_opsetid(rng.choice(["", "com.microsoft", "own"]), rng.choice([1, 18])))


def _metadata(rng: random.Random, graph: Graph) -> None:
    value = rng.choice(["", "{}", "[]", "null", '{"layers": 1e300}', '{"layers": -1, "bidirectional": 0}', "[" * 5000])
    if rng.random() < 0.5:
        graph.metadata_props.add(key=rng.choice(["ort_config", "tallygate.architecture", "tallygate.x"]), value=value)
        return
    for entry in graph.metadata_props:
        facts = json.loads(entry.value) if entry.value.startswith('{"layers": 1,') else {}
        facts |= {
            rng.choice(["layers", "bidirectional", "pooling", "pooling_floor", "hidden_size"]): rng.choice(_VALUES)
        }
        entry.value = json.dumps(facts)


def _interface(rng: random.Random, graph: Graph) -> None:
    values = graph.graph.input if rng.random() < 0.5 else graph.graph.output
    value = helper.make_tensor_value_info(
        rng.choice(["ids", "lengths", "logits", "other"]),
        rng.choice([1, 6, 7]),
        rng.choice([None, [], [2], ["batch", 2**40]]),
    )
    if rng.random() < 0.5 and len(values):
        values[0].CopyFrom(value)
    else:
        values.append(value)


def _value_info(rng: random.Random, graph: Graph) -> None:
    """What is said of a value inside: engines read it, and it can be wrong."""
    shape = rng.choice([[], [1], ["batch", 2], [2**40], ["time", "time", "time"]])
    for _ in range(rng.choice([1, 30])):
        graph.graph.value_info.append(
            helper.make_tensor_value_info(rng.choice(_names(graph)), rng.choice([1, 7, 9]), shape)
        )


def _order(rng: random.Random, graph: Graph) -> None:
    nodes = list(graph.graph.node)
    rng.shuffle(nodes)
    del graph.graph.node[:]
    graph.graph.node.extend(nodes)


def _notes(rng: random.Random, graph: Graph) -> None:
    rng.choice([graph, graph.graph, *graph.graph.node, *graph.graph.initializer]).doc_string = "a note"


_CHANGES: list[Change] = [
    _drop_node, _repeat_node, _insert_node, _insert_harmless_node, _swap_inputs, _rewire, _rename_output,
    _another_operator, _another_domain, _attribute, _attribute_type, _dims, _data_type, _array_of_another_shape,
    _numbers, _numbers, _rename_array, _many_arrays, _versions, _metadata, _interface, _value_info, _order, _notes,
]  # fmt: skip
