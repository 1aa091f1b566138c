"""Reading a bundle: the manifest first, then every file against its size and hash; nothing is used before."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import msgspec

from tallygate.runtime.bundle.manifest import Manifest, Variant, manifest_from_json
from tallygate.runtime.bundle.storage import Storage, is_plain_name, open_storage
from tallygate.runtime.errors import BundleInvalidError, BundleNotFoundError, EngineUnavailableError
from tallygate.runtime.text import Tokenizer, Vocabulary

_MEND = "get the bundle again"
INTEGER = "integer"
"""The variant that is no ONNX file but a device image."""
_MAX_MANIFEST = 16 * 2**20
_MAX_FILE = 2**31


@dataclass(frozen=True)
class Layout:
    """The names of a bundle's files."""

    manifest: str = "bundle.json"
    vocabulary: str = "vocabulary.txt"
    tokenizer: str = "tokenizer.json"
    """For the Hugging Face ``tokenizers`` library."""
    goldens: str = "golden.jsonl"
    card: str = "README.md"

    def model(self, variant: str) -> str:
        """The graph of one variant; of the integer one, the device image."""
        return f"model.{variant}.{'bin' if variant == INTEGER else 'onnx'}"

    def plan(self, variant: str) -> str:
        """A TensorRT plan of one variant, built ahead of time."""
        return f"model.{variant}.plan"

    def plan_facts(self, variant: str) -> str:
        """What is known of that plan."""
        return f"model.{variant}.plan.json"


LAYOUT = Layout()


class Golden(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One line of ``golden.jsonl``: a text and what the reference answers to it."""

    text: str
    ids: list[int]
    logits: list[float]
    """Of PyTorch in float32, for this text alone."""
    variants: dict[str, list[float]] = msgspec.field(default_factory=dict)
    """What variants with rounded weights answered at export, by name."""


class Bundle:
    """A checked bundle. Every read is checked again, so a file that changes meanwhile is refused."""

    def __init__(self, storage: Storage, manifest: Manifest, sha256: str) -> None:
        self._storage = storage
        self.manifest = manifest
        self.sha256 = sha256
        """Of ``bundle.json``, which holds the hash of every other file: it pins the whole bundle."""

    @property
    def path(self) -> Path:
        """Where the bundle is."""
        return self._storage.path

    def read(self, name: str) -> bytes:
        """The bytes of one file. Raises :class:`BundleInvalidError` where they are not what the manifest says."""
        facts = self.manifest.files.get(name)
        if facts is None:
            raise BundleInvalidError(self.path, f"does not list {name}", _MEND)
        data = self._storage.read(name, facts.size + 1)
        if len(data) != facts.size or hashlib.sha256(data).hexdigest() != facts.sha256:
            raise BundleInvalidError(self.path, f"{name} is damaged or altered", _MEND)
        return data

    def tokenizer(self) -> Tokenizer:
        """The tokenizer that the model was trained with."""
        source = f"{self.path}: {LAYOUT.vocabulary}"
        vocabulary = Vocabulary.from_bytes(self.read(LAYOUT.vocabulary), self.manifest.vocabulary_rows, source)
        return Tokenizer(vocabulary, self.manifest.text)

    def goldens(self) -> list[Golden]:
        """The golden rows, in the order of the file."""
        try:
            goldens = msgspec.json.Decoder(Golden).decode_lines(self.read(LAYOUT.goldens))
            self._check_goldens(goldens)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise BundleInvalidError(self.path, f"{LAYOUT.goldens} is not valid ({error})", _MEND) from error
        return goldens

    def variant(self, engine: str, precision: str | None = None) -> tuple[str, Variant]:
        """Name and facts of the variant of ``precision`` for ``engine``; of the first one that it runs if ``None``.

        Raises :class:`EngineUnavailableError` when the bundle has none.
        """
        variants = self.manifest.variants
        for name, variant in variants.items():
            if variant.runs_on(engine) and precision in (None, name):
                return name, variant
        have = ", ".join(f"{name} ({', '.join(v.engines)})" for name, v in variants.items())
        wanted = f"{precision} for {engine}" if precision else engine
        raise EngineUnavailableError(self.path, f"has no variant {wanted}", f"choose one of: {have}")

    def check_files(self) -> None:
        """Check names, sizes and hashes of all files. Raises :class:`BundleInvalidError` at the first wrong one."""
        for name, facts in self.manifest.files.items():
            if not is_plain_name(name) or name == LAYOUT.manifest:
                raise BundleInvalidError(self.path, f"lists {name!r}, which is not a plain file name", _MEND)
            if not 0 <= facts.size <= _MAX_FILE:
                raise BundleInvalidError(self.path, f"{name} has an impossible size {facts.size}", _MEND)
            if self._storage.size(name) is None:
                raise BundleInvalidError(self.path, f"{name} is missing", _MEND)
            if self._storage.size(name) != facts.size:
                raise BundleInvalidError(self.path, f"{name} is damaged or altered", _MEND)
            self.read(name)

    def _check_goldens(self, goldens: list[Golden]) -> None:
        outputs = self.manifest.outputs
        rows = [logits for golden in goldens for logits in (golden.logits, *golden.variants.values())]
        if not goldens or any(len(row) != outputs for row in rows) or not all(golden.ids for golden in goldens):
            raise msgspec.ValidationError(f"every row needs ids and {outputs} logits")
        if len({tuple(golden.variants) for golden in goldens}) > 1:
            raise msgspec.ValidationError("every row needs the answers of the same variants")


def shipped_bundle() -> Path:
    """The IMDB bundle that comes with the package."""
    return Path(__file__).parents[1] / "models" / "imdb.zip"


def open_bundle(path: str | Path | None = None, sha256: str | None = None) -> Bundle:
    """Open the bundle at ``path`` (a directory or a zip), or the shipped one, and check all of it.

    ``sha256`` pins it: the hash of its ``bundle.json``, as ``tallygate info`` prints it. Raises
    :class:`BundleNotFoundError`, :class:`BundleInvalidError` or :class:`BundleVersionError`.
    """
    storage = open_storage(Path(path) if path is not None else shipped_bundle())
    size = storage.size(LAYOUT.manifest)
    if size is None:
        raise BundleNotFoundError(storage.path, f"holds no {LAYOUT.manifest}", "name a bundle, not another file")
    if size > _MAX_MANIFEST:
        raise BundleInvalidError(storage.path, f"{LAYOUT.manifest} is too large ({size:,} bytes)", _MEND)
    data = storage.read(LAYOUT.manifest, _MAX_MANIFEST)
    digest = hashlib.sha256(data).hexdigest()
    if sha256 is not None and digest != sha256.lower():
        reason = f"has sha256 {digest}, not the pinned {sha256}"
        raise BundleInvalidError(storage.path, reason, "get the pinned bundle, or change the pin")
    bundle = Bundle(storage, manifest_from_json(data, storage.path), digest)
    bundle.check_files()
    return bundle
