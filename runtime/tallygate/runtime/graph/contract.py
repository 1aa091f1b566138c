"""The graph contract: what a graph has to be before any engine sees it.

It is one of the graphs that ``tallygate export`` writes, to the operator: of a known opset, with the inputs, outputs
and weights of its architecture, all finite, and a dataflow from ``ids`` and ``lengths`` to ``logits`` that is the
network's and no more. So there is no loop, no branch on a word, no size but the weights', no operator of somebody's own
and nothing outside of the file, and an answer depends on its own row alone (int8-dynamic, whose steps share a scale,
excepted). Every check's cost grows with the file's size and no faster.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from tallygate.runtime.errors import BundleInvalidError
from tallygate.runtime.graph.architecture import ARCHITECTURE, Architecture, Sizes
from tallygate.runtime.graph.form import TEXTS, Form, Forming, streaming_form, whole_form
from tallygate.runtime.graph.ngram_terms import check_ngrams, ngram_tensors
from tallygate.runtime.graph.onnx_file import MAX_NODES, Node, OnnxFile, ValueInfo, read_onnx, shown, without_value_info
from tallygate.runtime.graph.storage import Kind, Storage, storage_of
from tallygate.runtime.graph.terms import MICROSOFT, Term, Terms

OPSETS = range(18, 24)
"""Versions of the standard operators in which a graph may be written."""
IR_VERSIONS = range(8, 12)
MAX_WEIGHTS = 2**26
"""Numbers in all weights together: 256 MiB as float32, whatever they take in the file."""
_MAX_CONSTANT = 8
_OWN_METADATA = "tallygate."
_MEND = "export it with tallygate, or get the bundle again"


class Fits(msgspec.Struct, frozen=True):
    """What a bundle's manifest says of a graph."""

    rows: int
    """Rows of the embedding."""
    outputs: int
    """Logits per text."""
    opset: int
    ir_version: int


class Graph(msgspec.Struct, frozen=True):
    """A graph that keeps the contract. :func:`checked_graph` makes it."""

    model: bytes
    """The ONNX file as an engine gets it, without notes on inner values."""
    file: OnnxFile
    architecture: Architecture
    sizes: Sizes


def checked_graph(model: bytes, source: object, fits: Fits | None = None) -> Graph:
    """Hold an ONNX file to the graph contract, and to ``fits`` where that is known; ``source`` names it in errors.

    Raises :class:`BundleInvalidError`, which names the place.
    """
    return _checked(model, source, fits, whole_form)


def checked_streaming_graph(model: bytes, source: object, fits: Fits | None = None) -> Graph:
    """As :func:`checked_graph`, for a graph with states in and out."""
    return _checked(model, source, fits, streaming_form)


def _checked(model: bytes, source: object, fits: Fits | None, forming: Forming) -> Graph:
    file = read_onnx(model, source)
    try:
        storage = storage_of(file.tensors, is_dynamic=_check_versions(file))
        graph = Graph(without_value_info(model, file), file, _architecture(file), storage.sizes(file.tensors))
        _check_sizes(graph, fits)
        form = forming(graph.architecture, graph.sizes, storage)
        _check_interface(file, form)
        weights = _check_weights(graph, storage)
        _check_dataflow(graph, form, weights)
    except KeyError as error:
        raise BundleInvalidError(source, f"has no {error.args[0]}", _MEND) from error
    except (ValueError, RecursionError) as error:
        raise BundleInvalidError(source, f"breaks the graph contract: {error}", _MEND) from error
    return graph


def _check_versions(file: OnnxFile) -> bool:
    """Whether the graph uses onnxruntime's own operators."""
    versions = dict(file.opsets)
    is_dynamic = versions.get(MICROSOFT) == 1
    if versions.get("") not in OPSETS or len(file.opsets) != 1 + is_dynamic:
        raise ValueError(f"its opsets are {ascii(file.opsets)[:80]}, not one of {OPSETS.start} to {OPSETS.stop - 1}")
    if file.ir_version not in IR_VERSIONS:
        raise ValueError(f"its IR version is {file.ir_version}, not {IR_VERSIONS.start} to {IR_VERSIONS.stop - 1}")
    return is_dynamic


def _architecture(file: OnnxFile) -> Architecture:
    for key in file.metadata:
        if not key.startswith(_OWN_METADATA):
            raise ValueError(f"its metadata has the key {shown(key)}")
    architecture = msgspec.json.decode(file.metadata[ARCHITECTURE], type=Architecture)
    if not 1 <= architecture.layers <= MAX_NODES:
        raise ValueError(f"it has {architecture.layers} layers")
    return architecture


def _check_sizes(graph: Graph, fits: Fits | None) -> None:
    told, sizes, file = graph.architecture, graph.sizes, graph.file
    pairs = [
        ("vocabulary_size", told.vocabulary_size, sizes.vocabulary_size),
        ("embedding_size", told.embedding_size, sizes.embedding_size),
        ("hidden_size", told.hidden_size, sizes.hidden_size),
        ("outputs", told.outputs, sizes.outputs),
    ]
    if fits is not None:
        pairs += [
            ("the manifest's vocabulary_rows", fits.rows, sizes.vocabulary_size),
            ("the manifest's number of logits", fits.outputs, sizes.outputs),
            ("the manifest's opset", fits.opset, dict(file.opsets)[""]),
            ("the manifest's ir_version", fits.ir_version, file.ir_version),
        ]
    for name, said, found in pairs:
        if said not in (None, found):
            raise ValueError(f"{name} is {said}, and the graph has {found}")


def _check_interface(file: OnnxFile, form: Form) -> None:
    for wanted, value in [*zip(form.inputs, file.inputs, strict=False), *zip(form.outputs, file.outputs, strict=False)]:
        if wanted != value:
            have = f"{shown(value.name)} of type {value.dtype} with shape {ascii(value.shape)[:80]}"
            raise ValueError(f"{wanted.name} of type {wanted.dtype} with shape {wanted.shape} is {have}")
    if (len(file.inputs), len(file.outputs)) != (len(form.inputs), len(form.outputs)):
        raise ValueError(f"it has {len(file.inputs)} inputs and {len(file.outputs)} outputs")


def _check_weights(graph: Graph, storage: Storage) -> set[str]:
    """The names of the weights, which are all there, of the right type and shape, and finite."""
    if 3 * graph.architecture.layers > len(graph.file.tensors):
        raise ValueError(f"it has {graph.architecture.layers} layers, and {len(graph.file.tensors)} arrays")
    tensors, expected = graph.file.tensors, weight_tensors(graph.architecture, graph.sizes, storage)
    for name, (dtype, dims) in expected.items():
        tensor = tensors[name]
        if (tensor.dtype, tensor.dims) != (dtype, dims):
            raise ValueError(f"{name} has type {tensor.dtype} and shape {tensor.dims}, not {dtype} and {dims}")
    if (size := sum(tensors[name].size for name in expected)) > MAX_WEIGHTS:
        raise ValueError(f"its weights are {size:,} numbers, more than {MAX_WEIGHTS:,}")
    for name in expected:
        if not tensors[name].is_sound():
            raise ValueError(f"{name} holds a number that is infinite, NaN or above 2^96")
    if graph.architecture.ngrams is not None:
        check_ngrams(tensors, graph.sizes)
    return set(expected)


def weight_tensors(architecture: Architecture, sizes: Sizes, storage: Storage) -> dict[str, Kind]:
    """Type and dimensions of every array that holds weights, by name."""
    tensors = storage.tensors(architecture, sizes)
    return tensors if architecture.ngrams is None else tensors | ngram_tensors(architecture.ngrams, sizes)


def values_of(terms: Terms, file: OnnxFile, weights: set[str]) -> dict[str, Term]:
    """What each value of the file is, by its name, the inputs first. Raises :class:`ValueError` for a stranger."""
    values = _leaves(terms, file, weights, TEXTS)
    for node in file.nodes:
        values |= zip(node.outputs, _terms_of(node, terms, values), strict=True)
    return values


def _check_dataflow(graph: Graph, form: Form, weights: set[str]) -> None:
    """Walk the nodes in order. Each gives a step of the network that no other gives; the outputs are among them."""
    terms = Terms()
    outputs = form.write(terms)
    steps, given, again = terms.count, set[Term](), 0
    values = _leaves(terms, graph.file, weights, form.inputs)
    leaves = set(values.values())
    for node in graph.file.nodes:
        for name, term in zip(node.outputs, _terms_of(node, terms, values), strict=True):
            if term >= steps or term in leaves:
                raise ValueError(f"{node} is no step of this network")
            if term in given and not (node.kind in _TRANSPARENT and (again := again + 1) < graph.architecture.layers):
                raise ValueError(f"{node} is there twice")
            if name in values or not name:
                raise ValueError(f"{node} gives {shown(name)}, which is there already")
            given.add(term)
            values[name] = term
    for name, term in outputs.items():
        if values.get(name) != term:
            raise ValueError(f"{name} is not what this network gives")


_TRANSPARENT = ("Identity", "Transpose")
"""Operators that may give what is there already: between two layers the states are turned back and forth."""


def _leaves(terms: Terms, file: OnnxFile, weights: set[str], inputs: Sequence[ValueInfo]) -> dict[str, Term]:
    values = {"": terms.nothing} | {value.name: terms.leaf("input", value.name) for value in inputs}
    for name, tensor in file.tensors.items():
        if name in values:
            raise ValueError(f"an array is called {shown(name)}")
        if name in weights:
            values[name] = terms.leaf("weight", name)
        elif tensor.size <= _MAX_CONSTANT:
            values[name] = terms.constant(tensor)
        else:
            raise ValueError(f"the array {shown(name)} of shape {tensor.dims} is no weight of this network")
    return values


def _terms_of(node: Node, terms: Terms, values: dict[str, Term]) -> list[Term]:
    for name in node.inputs:
        if name not in values:
            raise ValueError(f"{node} takes {shown(name)}, which is not there yet")
    try:
        return terms.outputs(node, tuple(values[name] for name in node.inputs))
    except ValueError as error:
        raise ValueError(f"{node} {error}") from error
