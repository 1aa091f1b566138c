"""Reading a bundle: the manifest first, then every file against its size and hash; nothing is used before."""

from __future__ import annotations

import hashlib
from pathlib import Path

from tallygate.runtime.bundle.files import MEND, as_bundle_error
from tallygate.runtime.bundle.goldens import Golden, goldens_from_jsonl
from tallygate.runtime.bundle.layout import LAYOUT
from tallygate.runtime.bundle.limits import MAX_GOLDEN_BYTES, MAX_MANIFEST, MAX_VOCABULARY, MAX_WORDS
from tallygate.runtime.bundle.manifest import Manifest, Variant, manifest_from_json
from tallygate.runtime.bundle.storage import Storage, open_storage
from tallygate.runtime.errors import BundleInvalidError, BundleNotFoundError, EngineUnavailableError
from tallygate.runtime.text import Tokenizer, Vocabulary

_LIMITS = {LAYOUT.vocabulary: MAX_VOCABULARY, LAYOUT.goldens: MAX_GOLDEN_BYTES}
"""Bytes of the files that are taken apart, where parsing costs more than reading."""


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
            raise BundleInvalidError(self.path, f"does not list {name}", MEND)
        with as_bundle_error(self.path, name):
            data = b"".join(self._storage.pieces(name, facts.size + 1))
        if len(data) != facts.size or hashlib.sha256(data).hexdigest() != facts.sha256:
            raise BundleInvalidError(self.path, f"{name} is damaged or altered", MEND)
        return data

    def tokenizer(self) -> Tokenizer:
        """The tokenizer that the model was trained with."""
        source = f"{self.path}: {LAYOUT.vocabulary}"
        data = self.read(LAYOUT.vocabulary)
        if data.count(b"\n") > MAX_WORDS:
            raise BundleInvalidError(source, f"holds more than {MAX_WORDS:,} words", MEND)
        with as_bundle_error(self.path, LAYOUT.vocabulary):
            vocabulary = Vocabulary.from_bytes(data, self.manifest.vocabulary_rows, source)
            return Tokenizer(vocabulary, self.manifest.text)

    def goldens(self) -> list[Golden]:
        """The golden rows, in the order of the file."""
        with as_bundle_error(self.path, LAYOUT.goldens):
            return goldens_from_jsonl(self.read(LAYOUT.goldens), self.manifest)

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
        """Check sizes, then hashes of all files. Raises :class:`BundleInvalidError` at the first wrong one."""
        for name, facts in self.manifest.files.items():
            size = self._storage.size(name)
            if size is None:
                raise BundleInvalidError(self.path, f"{name} is missing", MEND)
            if size != facts.size:
                raise BundleInvalidError(self.path, f"{name} is damaged or altered", MEND)
            if size > _LIMITS.get(name, size):
                raise BundleInvalidError(self.path, f"{name} is larger than {_LIMITS[name]:,} bytes", MEND)
        for name, facts in self.manifest.files.items():
            digest = hashlib.sha256()
            for piece in self._storage.pieces(name, facts.size + 1):
                digest.update(piece)
            if digest.hexdigest() != facts.sha256:
                raise BundleInvalidError(self.path, f"{name} is damaged or altered", MEND)


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
    if size > MAX_MANIFEST:
        raise BundleInvalidError(storage.path, f"{LAYOUT.manifest} is larger than {MAX_MANIFEST:,} bytes", MEND)
    data = b"".join(storage.pieces(LAYOUT.manifest, MAX_MANIFEST))
    digest = hashlib.sha256(data).hexdigest()
    if sha256 is not None and digest != sha256.lower():
        reason = f"has sha256 {digest}, not the pinned {sha256}"
        raise BundleInvalidError(storage.path, reason, "get the pinned bundle, or change the pin")
    bundle = Bundle(storage, manifest_from_json(data, storage.path), digest)
    bundle.check_files()
    return bundle
