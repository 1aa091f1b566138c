"""The pictures that belong to a bundle: those that it lists, and those of the parity report beside it."""

from __future__ import annotations

import base64
from pathlib import Path

from tallygate.runtime.bundle import Bundle

MAX_PICTURE = 2**22
"""Bytes; a larger file beside a bundle is none of its report's."""
_KINDS = {".png": "image/png", ".svg": "image/svg+xml"}
_CAPTIONS = {
    "errors": "How far each copy's logits are from PyTorch in float32",
    "boundary": "Texts near the boundary: PyTorch against each copy",
    "curve": "Loss and accuracy by epoch, in training",
}

Picture = dict[str, str]
"""``name`` for people, and ``uri`` with the bytes in it."""


def listed_pictures(bundle: Bundle) -> list[Picture]:
    """PNG and SVG files that the manifest lists."""
    names = [name for name in bundle.manifest.files if Path(name).suffix.lower() in _KINDS]
    return [_picture(name, bundle.read(name)) for name in names]


def report_pictures(bundle: Bundle, *stems: str) -> list[Picture]:
    """PNG files of these names in the report's folder, ``imdb.parity`` beside ``imdb.zip``; none where it is not."""
    path = bundle.path
    stem = path.stem if path.suffix.lower() == ".zip" else path.name
    files = [path.with_name(f"{stem}.parity") / f"{name}.png" for name in stems]
    there = [file for file in files if file.is_file() and file.stat().st_size <= MAX_PICTURE]
    return [_picture(file.name, file.read_bytes()) for file in there]


def _picture(name: str, data: bytes) -> Picture:
    file = Path(name)
    kind, encoded = _KINDS[file.suffix.lower()], base64.b64encode(data).decode("ascii")
    return {"name": _CAPTIONS.get(file.stem, file.stem.replace("_", " ")), "uri": f"data:{kind};base64,{encoded}"}
