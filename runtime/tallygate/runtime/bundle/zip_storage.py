"""A bundle that is one zip: opened once, its directory checked before anything is read through it.

A zip can be read in more than one way: from its end or from its start, by its directory or by its entries' own headers,
with the old or the 64-bit end record, with other data before, between and behind. Here it is a bundle only if all of
these agree: the entries lie end to end from the first byte to the directory, and the end record ends the file.
"""

from __future__ import annotations

import stat
import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path

from tallygate.runtime.bundle.files import MEND, RegularFile, as_bundle_error
from tallygate.runtime.bundle.limits import MAX_BYTES, MAX_DIRECTORY, MAX_EXPANSION, MAX_FILES
from tallygate.runtime.bundle.names import is_plain_name
from tallygate.runtime.errors import BundleInvalidError

_END = struct.Struct("<4s4H2LH")
"""The end record: signature, two disks, entries here and in all, the directory's size and offset, a comment's size."""
_LOCATOR = struct.Struct("<4s16x")
"""What stands before the end record where a 64-bit one counts instead."""
_LOCAL = struct.Struct("<4s22x2H")
"""An entry's own header: signature, and the sizes of its name and its extra field."""
_FLAGS = 0x2 | 0x4 | 0x8 | 0x800
"""How well it was deflated, sizes behind the data, a name in UTF-8; any other bit is encryption or a patch."""
_DEFLATED_SLACK = 65_536
_DESCRIPTOR = 24
"""Most bytes that can stand behind an entry whose sizes were not known before."""
_PIECE = 2**20


class ZipStorage:
    """The files of one zip."""

    def __init__(self, path: Path) -> None:
        """Raises :class:`BundleInvalidError` when the zip is damaged, odd, or larger than a bundle can be."""
        self.path = path
        with as_bundle_error(path, "the zip"):
            file = RegularFile(path, follow_links=True)
            directory = _check_end(path, file)
            self._archive = zipfile.ZipFile(file)
            entries = self._archive.infolist()
            for entry in entries:
                if reason := _reason_to_refuse(entry):
                    raise BundleInvalidError(path, f"holds {entry.filename!r}, which {reason}", MEND)
            self._entries = {entry.filename: entry for entry in entries}
            _check_together(path, entries)
            _check_layout(path, file, entries, directory)

    def size(self, name: str) -> int | None:
        """Bytes of the file, or ``None`` where there is none."""
        entry = self._entries.get(name)
        return entry.file_size if entry else None

    def pieces(self, name: str, limit: int) -> Iterator[bytes]:
        """The file's bytes in pieces, at most ``limit`` bytes in all."""
        with as_bundle_error(self.path, name), self._archive.open(name) as file:
            while limit > 0 and (piece := file.read(min(limit, _PIECE))):
                limit -= len(piece)
                yield piece


def _check_end(path: Path, file: RegularFile) -> int:
    """Check the end record, which says how much there is to read, and give the directory's offset."""
    if file.size > MAX_BYTES:
        raise BundleInvalidError(path, f"is larger than a bundle can be ({file.size:,} of {MAX_BYTES:,} bytes)", MEND)
    start = file.size - _END.size
    file.seek(max(start - _LOCATOR.size, 0))
    tail = file.read(_LOCATOR.size + _END.size) or b""
    if start < 0 or not tail.endswith(b"\0\0") or tail[-_END.size :][:4] != b"PK\5\6":
        raise BundleInvalidError(path, "is damaged or no zip, or something stands behind the zip", MEND)
    _, disk, first, here, count, size, offset, _ = _END.unpack(tail[-_END.size :])
    if count > MAX_FILES or size > MAX_DIRECTORY:
        raise BundleInvalidError(path, f"holds more than the {MAX_FILES} entries that a bundle can have", MEND)
    if (disk, first, here) != (0, 0, count) or offset + size != start or tail[: -_END.size].startswith(b"PK\6\7"):
        raise BundleInvalidError(path, "has an end record that does not fit the zip", MEND)
    return int(offset)


def _reason_to_refuse(entry: zipfile.ZipInfo) -> str | None:
    if not is_plain_name(entry.filename) or entry.orig_filename != entry.filename:
        return "is a path or an odd name and not a plain file name"
    if stat.S_IFMT(entry.external_attr >> 16) not in (0, stat.S_IFREG):
        return "is a link or no regular file"
    if entry.flag_bits & ~_FLAGS:
        return "is encrypted or patched"
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        return "is compressed in an unknown way"
    if entry.file_size > MAX_EXPANSION * entry.compress_size + _DEFLATED_SLACK:
        return f"would grow more than {MAX_EXPANSION} times"
    return None


def _check_together(path: Path, entries: list[zipfile.ZipInfo]) -> None:
    if len({entry.filename for entry in entries}) != len(entries):
        raise BundleInvalidError(path, "holds two files of the same name", MEND)
    total = sum(entry.file_size for entry in entries)
    if total > MAX_BYTES:
        raise BundleInvalidError(path, f"holds more than a bundle can ({total:,} of {MAX_BYTES:,} bytes)", MEND)


def _check_layout(path: Path, file: RegularFile, entries: list[zipfile.ZipInfo], directory: int) -> None:
    """Entries lie end to end: what overlaps could be read twice, and what lies between is hidden from this reader."""
    position = slack = 0
    for entry in sorted(entries, key=lambda entry: entry.header_offset):
        if not position <= entry.header_offset <= position + slack:
            raise BundleInvalidError(path, f"has an entry {entry.filename!r} that overlaps or leaves a gap", MEND)
        file.seek(entry.header_offset)
        signature, name, extra = _LOCAL.unpack(file.read(_LOCAL.size) or b"")
        if signature != b"PK\3\4":
            raise BundleInvalidError(path, f"has a damaged header of {entry.filename!r}", MEND)
        position = entry.header_offset + _LOCAL.size + name + extra + entry.compress_size
        slack = _DESCRIPTOR if entry.flag_bits & 0x8 else 0
    if not position <= directory <= position + slack:
        raise BundleInvalidError(path, "has its directory elsewhere than behind its entries", MEND)
