"""The schema of ``bundle.json``: what a bundle says about itself."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from tallygate.runtime.bundle.files import as_bundle_error
from tallygate.runtime.bundle.json_keys import check_keys
from tallygate.runtime.bundle.layout import LAYOUT
from tallygate.runtime.bundle.limits import (
    MAX_BYTES,
    MAX_FILES,
    MAX_LABELS,
    MAX_LINE,
    MAX_MARKS,
    MAX_TOKENS,
    MAX_VARIANTS,
    MAX_WORDS,
)
from tallygate.runtime.bundle.names import is_plain_name
from tallygate.runtime.bundle.temperatures import Temperature, Temperatures
from tallygate.runtime.errors import BundleVersionError
from tallygate.runtime.outputs import json_bytes
from tallygate.runtime.text import TextContract

SCHEMA = (1, 2)
"""Version (major, minor) that this reader knows: it reads its own major version, older minors included."""
CALIBRATION_SINCE = (1, 1)
"""The first version whose temperatures depend on length. Without a streaming graph it is written, for its readers."""
STREAMING_SINCE = (1, 2)
"""The first version that knows a streaming graph."""

GPU_PRECISIONS = {"cuda": ("fp32", "fp16"), "tensorrt": ("fp32", "fp16", "bf16")}
"""By engine, the precisions that it computes an LSTM in; its plans and kernels prove themselves where they run."""


Line = Annotated[str, msgspec.Meta(max_length=MAX_LINE)]
Count = Annotated[int, msgspec.Meta(ge=0)]


class _Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class FileFacts(_Section, frozen=True, kw_only=True):
    """What one file of the bundle must be."""

    sha256: Annotated[str, msgspec.Meta(min_length=64, max_length=64)]
    size: Annotated[int, msgspec.Meta(ge=0, le=MAX_BYTES)]
    """Bytes."""


class Score(_Section, frozen=True, kw_only=True):
    """An accuracy on one split."""

    data: Line
    """Name of the corpus, such as ``imdb``."""
    split: Literal["validation", "test"]
    rows: Count
    accuracy: float
    """Share of right labels, 0 to 1."""
    interval: tuple[float, float]
    """95% confidence interval of the accuracy (Wilson 1927)."""
    macro_f1: float


class Training(_Section, frozen=True, kw_only=True):
    """Where the weights came from."""

    data: Line
    preset: Line
    seed: int
    epochs: int
    parameters: dict[str, int]
    """Trained parameters by part: ``embedding``, ``lstm``, ``head``."""
    scores: list[Score]
    created_with: Line
    """Version of tallygate that trained it."""


class Parity(_Section, frozen=True, kw_only=True):
    """How far a variant is from the PyTorch float32 reference, from raw text."""

    rows: Count
    """Texts compared."""
    data: Line
    """What they were, such as ``goldens`` or ``goldens and 2,500 imdb validation texts``."""
    max_logit_difference: float
    """Of logits as a user meets them: divided by their text's temperature (until schema 1.0 as they are)."""
    label_flips: int
    max_row_difference: float
    """Largest difference of a row's logits between being alone and being in another batch or padding."""
    max_raw_difference: float | msgspec.UnsetType = msgspec.UNSET
    """As ``max_logit_difference``, of logits as they are; from schema 1.1 on."""


class Variant(_Section, frozen=True, kw_only=True):
    """One precision of the graph."""

    file: Line
    precision: Line
    engines: Annotated[list[Line], msgspec.Meta(max_length=MAX_VARIANTS)]
    """Engines that it is proved on, the best first."""
    batch_invariant: bool
    """Whether a row's answer is the same in every batch."""
    session: dict[str, str]
    """onnxruntime session options that it needs."""
    opset: int
    ir_version: int
    parity: dict[str, Parity]
    """By engine."""
    accuracy: Score | None = None
    """This variant's own accuracy, where the data was at hand at export."""

    def runs_on(self, engine: str) -> bool:
        """Whether the engine may run it: it is proved on it, or it computes on a GPU, in this precision."""
        return engine in self.engines or self.precision in GPU_PRECISIONS.get(engine, ())


class Streaming(_Section, frozen=True, kw_only=True):
    """The fp32 graph with states in and out, for texts that come in pieces."""

    file: Line
    opset: int
    ir_version: int
    parity: dict[str, Parity]
    """By engine; texts were read in pieces, with pauses."""


class Manifest(_Section, frozen=True, kw_only=True):
    """``bundle.json``, whole."""

    schema: str
    """Version of this schema, ``major.minor``."""
    name: Line
    created_with: Line
    """Version of tallygate that wrote the bundle."""
    labels: Annotated[list[Line], msgspec.Meta(min_length=2, max_length=MAX_LABELS)]
    """Sorted. Two labels share one logit, positive meaning the second; more have one logit each, in this order."""
    text: TextContract
    temperature: Temperature | msgspec.UnsetType = msgspec.UNSET
    """Of schema 1.0: one for texts of every length."""
    calibration: Temperatures | msgspec.UnsetType = msgspec.UNSET
    """From schema 1.1 on: logits are divided by these before they become probabilities (Guo et al. 2017)."""
    vocabulary_rows: Annotated[int, msgspec.Meta(ge=2, le=MAX_WORDS + 2)]
    """Rows of the embedding, padding and unknown included."""
    training: Training
    variants: Annotated[dict[Line, Variant], msgspec.Meta(min_length=1, max_length=MAX_VARIANTS)]
    """By name, the default first."""
    files: Annotated[dict[str, FileFacts], msgspec.Meta(max_length=MAX_FILES)]
    """Every other file of the bundle, by its name."""
    streaming: Streaming | msgspec.UnsetType = msgspec.UNSET
    """Where the bundle holds a streaming graph; not written where it does not, for readers of schema 1.1."""

    @property
    def outputs(self) -> int:
        """Logits per text."""
        return 1 if len(self.labels) == 2 else len(self.labels)

    @property
    def temperatures(self) -> Temperatures:
        """What logits are divided by, whichever schema told it."""
        if self.calibration:
            return self.calibration
        assert self.temperature is not msgspec.UNSET, "a manifest without temperatures is refused"
        return Temperatures.constant(self.temperature)


class _Versioned(msgspec.Struct):
    schema: str


def manifest_from_json(data: bytes, source: object) -> Manifest:
    """Read and check a manifest; ``source`` names it in errors.

    Raises :class:`BundleVersionError` for a schema that this reader does not know, :class:`BundleInvalidError`
    for anything else that is wrong.
    """
    with as_bundle_error(source, LAYOUT.manifest):
        _check_version(msgspec.json.decode(data, type=_Versioned).schema, source)
        manifest = msgspec.json.decode(data, type=Manifest)
        check_keys(data, msgspec.json.decode(data))
        _check_contents(manifest)
    return manifest


def manifest_to_json(manifest: Manifest) -> bytes:
    """The same bytes for the same manifest, readable by people."""
    return json_bytes(manifest)


def _check_version(schema: str, source: object) -> None:
    major, minor = _version(schema)
    if major != SCHEMA[0] or minor > SCHEMA[1]:
        known = ".".join(map(str, SCHEMA))
        reason = f"has schema {schema}, and this tallygate reads up to {known}"
        raise BundleVersionError(source, reason, f"install a tallygate that reads schema {schema}")


def _version(schema: str) -> tuple[int, int]:
    major, _, minor = schema.partition(".")
    if not (major.isdecimal() and minor.isdecimal()):
        raise ValueError(f"schema {schema!r} is not major.minor")
    return int(major), int(minor)


def _check_contents(manifest: Manifest) -> None:
    labels, files, text = manifest.labels, manifest.files, manifest.text
    total = sum(facts.size for facts in files.values())
    lengths = len(manifest.calibration.table) if manifest.calibration else 1
    by_length = _version(manifest.schema) >= CALIBRATION_SINCE
    odd = [name for name in files if not is_plain_name(name) or name == LAYOUT.manifest]
    rules = {
        "labels must be sorted, each once": labels == sorted(set(labels)),
        "a variant's file must be listed": all(v.file in files for v in manifest.variants.values()),
        "the streaming graph's file must be listed": not manifest.streaming or manifest.streaming.file in files,
        "a streaming graph needs schema 1.2": not manifest.streaming or _version(manifest.schema) >= STREAMING_SINCE,
        f"it lists {odd[:1]}, which is not a plain file name": not odd,
        f"its files must have at most {MAX_BYTES:,} bytes in all": total <= MAX_BYTES,
        f"text.max_length must be at most {MAX_TOKENS:,}": text.max_length <= MAX_TOKENS,
        "schema 1.0 has `temperature`, and every later one `calibration` alone": (
            bool(manifest.calibration) is by_length and bool(manifest.temperature) is not by_length
        ),
        "calibration.table must not be longer than text.max_length": lengths <= text.max_length,
        f"text.punctuation must hold at most {MAX_MARKS} marks": len(text.punctuation) <= MAX_MARKS,
    }
    for rule, holds in rules.items():
        if not holds:
            raise ValueError(rule)
