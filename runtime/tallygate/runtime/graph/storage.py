"""How a graph keeps its weights: the formats that the exporter writes, and what each makes of a weight.

A format says which tensors there are, of which type and dimensions, and how the embedding, the LSTM and the head are
written with them. All else is the same network (:mod:`tallygate.runtime.graph.network`).
"""

from __future__ import annotations

from collections.abc import Mapping

from tallygate.runtime.graph.architecture import Architecture, Sizes
from tallygate.runtime.graph.tensor import BFLOAT16, FLOAT, FLOAT16, INT4, INT8, UINT8, Tensor
from tallygate.runtime.graph.terms import MICROSOFT, TIME_FIRST, Term, Terms

Kind = tuple[int, tuple[int, ...]]
"""Type and dimensions of a tensor."""
EMBEDDING, HEAD, BIAS = "embedding.weight", "head.weight", "head.bias"
_SCALE = ".scale"
TURNED_HEAD = "head.weight_Transposed"
"""What the quantizer of onnxruntime 1.32 calls the head; that of 1.24 and older leaves its name."""


class Floats:
    """fp32, fp16 and bf16: every weight as it is; the head in float32 always."""

    def __init__(self, half: int) -> None:
        self.half = half
        """Type of embedding, LSTM and pooling: TensorProto.DataType of float32, float16 or bfloat16."""

    def sizes(self, tensors: Mapping[str, Tensor]) -> Sizes:
        """As the tensors have them. Raises :class:`KeyError` for a missing one, :class:`ValueError` for a rank."""
        rows, size = _dims(tensors, EMBEDDING, 2)
        hidden = _dims(tensors, "lstm.0.forward.r", 3)[2]
        return Sizes(rows, size, hidden, _dims(tensors, BIAS, 1)[0])

    def tensors(self, architecture: Architecture, sizes: Sizes) -> dict[str, Kind]:
        """Every tensor that holds weights."""
        shapes = weight_shapes(architecture, sizes)
        return {name: (FLOAT if name.startswith("head.") else self.half, dims) for name, dims in shapes.items()}

    def embedded(self, terms: Terms, ids: Term) -> tuple[Term, Term]:
        """The embedded ids: [batch, time, size], and [time, batch, size]."""
        embedded = terms.apply("Gather", self.weight(terms, EMBEDDING, 0), ids)
        return embedded, terms.apply("Transpose", embedded, perm=TIME_FIRST)

    def lstm(self, terms: Terms, name: str, inputs: Term, hidden_size: int) -> Term:
        """One direction of one layer over [time, batch, width]: its states [time, 1, batch, hidden size]."""
        weights = self.weight(terms, f"{name}.w", 1), self.weight(terms, f"{name}.r", 1)
        return terms.apply("LSTM", inputs, *weights, terms.leaf("weight", f"{name}.b"), hidden_size=hidden_size)

    def head(self, terms: Terms, features: Term) -> Term:
        """The linear layer over float32 [batch, width]: the logits."""
        return terms.apply("Gemm", features, self.weight(terms, HEAD, 0), terms.leaf("weight", BIAS), transB=1)

    def weight(self, terms: Terms, name: str, axis: int) -> Term:
        """A matrix, as its reader takes it; ``axis`` is where a format with scales has one per position."""
        del axis
        return terms.leaf("weight", name)


class Codes(Floats):
    """int8 and int4: matrices as integers, with a scale per row or output; the embedding's scales are bytes."""

    def __init__(self, embedding: int) -> None:
        super().__init__(FLOAT)
        self._embedding = embedding

    def tensors(self, architecture: Architecture, sizes: Sizes) -> dict[str, Kind]:
        """See :class:`Floats`."""
        kinds: dict[str, Kind] = {}
        for name, dims in weight_shapes(architecture, sizes).items():
            if name.endswith((".b", ".bias")):
                kinds[name] = FLOAT, dims
            elif name == EMBEDDING:
                kinds |= {
                    name: (self._embedding, dims),
                    name + _SCALE: (UINT8, dims[:1]),
                    name + 2 * _SCALE: (FLOAT, ()),
                }
            else:
                kinds |= {name: (INT8, dims), name + _SCALE: (FLOAT, dims[-2:-1])}
        return kinds

    def weight(self, terms: Terms, name: str, axis: int) -> Term:
        """See :class:`Floats`."""
        scales = terms.leaf("weight", name + _SCALE)
        if name == EMBEDDING:
            scales = terms.apply("DequantizeLinear", scales, terms.leaf("weight", name + 2 * _SCALE))
        return terms.apply("DequantizeLinear", terms.leaf("weight", name), scales, axis=axis)


class Dynamic:
    """int8-dynamic, as onnxruntime's quantizer writes it: activations become integers as well, at every step."""

    half = FLOAT

    def __init__(self, head: str) -> None:
        """``head`` is the name of the linear layer's matrix, which is transposed in the file in either case."""
        self._head = head

    def sizes(self, tensors: Mapping[str, Tensor]) -> Sizes:
        """See :class:`Floats`."""
        rows, size = _dims(tensors, f"{EMBEDDING}_quantized", 2)
        hidden = _dims(tensors, "lstm.0.forward.r_quantized", 3)[1]
        return Sizes(rows, size, hidden, _dims(tensors, BIAS, 1)[0])

    def tensors(self, architecture: Architecture, sizes: Sizes) -> dict[str, Kind]:
        """See :class:`Floats`."""
        kinds: dict[str, Kind] = {}
        for name, dims in weight_shapes(architecture, sizes).items():
            if name == EMBEDDING:
                kinds |= _coded(name, UINT8, dims, ())
            elif name == HEAD:
                kinds |= _coded(self._head, INT8, dims[::-1], dims[:1])
            elif name.endswith((".w", ".r")):
                kinds |= _coded(name, INT8, (1, dims[2], dims[1]), dims[:2])
            else:
                kinds[name] = FLOAT, dims
        return kinds

    def embedded(self, terms: Terms, ids: Term) -> tuple[Term, Term]:
        """See :class:`Floats`."""
        codes, scale, zero_point = _codes(terms, EMBEDDING)
        rows = terms.apply("Gather", codes, ids)
        turned = terms.apply("Transpose", rows, perm=TIME_FIRST)
        both = [terms.apply("DequantizeLinear", value, scale, zero_point) for value in (rows, turned)]
        return both[0], both[1]

    def lstm(self, terms: Terms, name: str, inputs: Term, hidden_size: int) -> Term:
        """See :class:`Floats`."""
        (w, *w_numbers), (r, *r_numbers) = _codes(terms, f"{name}.w"), _codes(terms, f"{name}.r")
        arguments = inputs, w, r, terms.leaf("weight", f"{name}.b"), *[terms.nothing] * 4, *w_numbers, *r_numbers
        return terms.apply("DynamicQuantizeLSTM", *arguments, domain=MICROSOFT, hidden_size=hidden_size)

    def head(self, terms: Terms, features: Term) -> Term:
        """See :class:`Floats`."""
        weight, scale, zero_point = _codes(terms, self._head)
        quantized, step, zero = (terms.apply("DynamicQuantizeLinear", features, output=place) for place in range(3))
        product = terms.apply("MatMulInteger", quantized, weight, zero, zero_point)
        scaled = terms.apply("Mul", terms.apply("Cast", product, to=FLOAT), terms.apply("Mul", step, scale))
        return terms.apply("Add", scaled, terms.leaf("weight", BIAS))


Storage = Floats | Dynamic
"""A format of the weights."""


def storage_of(tensors: Mapping[str, Tensor], is_dynamic: bool) -> Storage:
    """The format that the tensors are in. Raises :class:`KeyError` or :class:`ValueError` where they are in none."""
    if is_dynamic:
        return Dynamic(HEAD if f"{HEAD}_quantized" in tensors else TURNED_HEAD)
    dtype = tensors[EMBEDDING].dtype
    if dtype in (FLOAT, FLOAT16, BFLOAT16):
        return Floats(dtype)
    if dtype in (INT8, INT4):
        return Codes(dtype)
    raise ValueError(f"{EMBEDDING} has type {dtype}")


def weight_shapes(architecture: Architecture, sizes: Sizes) -> dict[str, tuple[int, ...]]:
    """Every weight's name and dimensions; the LSTM's are in ONNX's layout."""
    hidden, width = sizes.hidden_size, sizes.width(architecture)
    shapes: dict[str, tuple[int, ...]] = {EMBEDDING: (sizes.vocabulary_size, sizes.embedding_size)}
    for layer in range(architecture.layers):
        inputs = width if layer else sizes.embedding_size
        for direction in architecture.directions:
            name = f"lstm.{layer}.{direction}"
            shapes[f"{name}.w"] = (1, 4 * hidden, inputs)
            shapes[f"{name}.r"] = (1, 4 * hidden, hidden)
            shapes[f"{name}.b"] = (1, 8 * hidden)
    return shapes | {HEAD: (sizes.outputs, sizes.features(architecture)), BIAS: (sizes.outputs,)}


def _coded(name: str, dtype: int, dims: tuple[int, ...], scales: tuple[int, ...]) -> dict[str, Kind]:
    quantized, scale, zero_point = _parts(name)
    return {quantized: (dtype, dims), scale: (FLOAT, scales), zero_point: (dtype, scales)}


def _codes(terms: Terms, name: str) -> list[Term]:
    return [terms.leaf("weight", part) for part in _parts(name)]


def _parts(name: str) -> list[str]:
    return [f"{name}_{part}" for part in ("quantized", "scale", "zero_point")]


def _dims(tensors: Mapping[str, Tensor], name: str, rank: int) -> tuple[int, ...]:
    dims = tensors[name].dims
    if len(dims) != rank or 0 in dims:
        raise ValueError(f"{name} has shape {dims}")
    return dims
