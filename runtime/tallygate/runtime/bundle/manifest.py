"""The schema of ``bundle.json``: what a bundle says about itself."""

from __future__ import annotations

from typing import Literal

import msgspec

from tallygate.runtime.errors import BundleInvalidError, BundleVersionError
from tallygate.runtime.outputs import json_bytes
from tallygate.runtime.text import TextContract

SCHEMA = (1, 0)
"""Version (major, minor) that this reader knows: it reads its own major version, older minors included."""

GPU_PRECISIONS = {"cuda": ("fp32", "fp16"), "tensorrt": ("fp32", "fp16", "bf16")}
"""By engine, the precisions that it computes an LSTM in; its plans and kernels prove themselves where they run."""


class _Section(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class FileFacts(_Section, frozen=True, kw_only=True):
    """What one file of the bundle must be."""

    sha256: str
    size: int
    """Bytes."""


class Score(_Section, frozen=True, kw_only=True):
    """An accuracy on one split."""

    data: str
    """Name of the corpus, such as ``imdb``."""
    split: Literal["validation", "test"]
    rows: int
    accuracy: float
    """Share of right labels, 0 to 1."""
    interval: tuple[float, float]
    """95% confidence interval of the accuracy (Wilson 1927)."""
    macro_f1: float


class Training(_Section, frozen=True, kw_only=True):
    """Where the weights came from."""

    data: str
    preset: str
    seed: int
    epochs: int
    parameters: dict[str, int]
    """Trained parameters by part: ``embedding``, ``lstm``, ``head``."""
    scores: list[Score]
    created_with: str
    """Version of tallygate that trained it."""


class Parity(_Section, frozen=True, kw_only=True):
    """How far a variant is from the PyTorch float32 reference, from raw text."""

    rows: int
    """Texts compared."""
    data: str
    """What they were, such as ``goldens`` or ``goldens and 2,500 imdb validation texts``."""
    max_logit_difference: float
    label_flips: int
    max_row_difference: float
    """Largest difference of a row's logits between being alone and being in another batch or padding."""


class Variant(_Section, frozen=True, kw_only=True):
    """One precision of the graph."""

    file: str
    precision: str
    engines: list[str]
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


class Manifest(_Section, frozen=True, kw_only=True):
    """``bundle.json``, whole."""

    schema: str
    """Version of this schema, ``major.minor``."""
    name: str
    created_with: str
    """Version of tallygate that wrote the bundle."""
    labels: list[str]
    """Sorted. Two labels share one logit, positive meaning the second; more have one logit each, in this order."""
    text: TextContract
    temperature: float
    """Logits are divided by it before they become probabilities (Guo et al. 2017)."""
    vocabulary_rows: int
    """Rows of the embedding, padding and unknown included."""
    training: Training
    variants: dict[str, Variant]
    """By name, the default first."""
    files: dict[str, FileFacts]
    """Every other file of the bundle, by its name."""

    @property
    def outputs(self) -> int:
        """Logits per text."""
        return 1 if len(self.labels) == 2 else len(self.labels)


class _Versioned(msgspec.Struct):
    schema: str


def manifest_from_json(data: bytes, source: object) -> Manifest:
    """Read and check a manifest; ``source`` names it in errors.

    Raises :class:`BundleVersionError` for a schema that this reader does not know, :class:`BundleInvalidError`
    for anything else that is wrong.
    """
    try:
        _check_version(msgspec.json.decode(data, type=_Versioned).schema, source)
        manifest = msgspec.json.decode(data, type=Manifest)
        _check_contents(manifest)
    except BundleVersionError:
        raise
    except (ValueError, RecursionError) as error:
        raise BundleInvalidError(source, f"has no valid bundle.json ({error})", "get the bundle again") from error
    return manifest


def manifest_to_json(manifest: Manifest) -> bytes:
    """The same bytes for the same manifest, readable by people."""
    return json_bytes(manifest)


def _check_version(schema: str, source: object) -> None:
    major, _, minor = schema.partition(".")
    if not (major.isdecimal() and minor.isdecimal()):
        raise ValueError(f"schema {schema!r} is not major.minor")
    if int(major) != SCHEMA[0] or int(minor) > SCHEMA[1]:
        known = ".".join(map(str, SCHEMA))
        reason = f"has schema {schema}, and this tallygate reads up to {known}"
        raise BundleVersionError(source, reason, f"install a tallygate that reads schema {schema}")


def _check_contents(manifest: Manifest) -> None:
    labels = manifest.labels
    rules = {
        "labels must be two or more, sorted, each once": len(labels) >= 2 and labels == sorted(set(labels)),
        "temperature must be above 0": 0 < manifest.temperature < float("inf"),
        "vocabulary_rows must be at least 2": manifest.vocabulary_rows >= 2,
        "there must be a variant": bool(manifest.variants),
        "a variant's file must be listed": all(v.file in manifest.files for v in manifest.variants.values()),
    }
    for rule, holds in rules.items():
        if not holds:
            raise ValueError(rule)
