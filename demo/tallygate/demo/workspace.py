"""Where visitors' files are: one folder for all, one inside it for each, which goes when the visitor goes.

Gradio keeps uploads in a folder of its own, under names made from their content, and leaves them there. Here that
folder is one that this program made and removes; what a visitor uploads moves at once into the visitor's own, so that
nobody's file is another's, and removing one takes nothing from the others.
"""

from __future__ import annotations

import os
import secrets
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from time import monotonic
from types import TracebackType

from tallygate.demo.limits import SESSION_SECONDS, STORED_BYTES, VISITORS
from tallygate.runtime.errors import InputError

GRADIO_FOLDER = "GRADIO_TEMP_DIR"
"""The environment variable from which Gradio takes the folder of its files, when a page is built."""


@dataclass
class Visitor:
    """One visitor's files."""

    folder: Path
    seen: float
    """When they were last asked for, by the monotonic clock."""
    upload: Path | None = None
    """The file to classify."""
    gone: bool = False
    """Whether the visitor has left, so that work on the file can stop."""
    result: object = field(default=None, repr=False)
    """What came of the last file."""

    def take(self, uploaded: Path) -> Path:
        """Move an uploaded file here, in the place of the one before. Raises :class:`InputError` when it has gone."""
        self.drop_upload()
        kept = Path(tempfile.mkdtemp(dir=self.folder)) / uploaded.name
        try:
            uploaded.replace(kept)
        except FileNotFoundError as error:
            kept.parent.rmdir()
            raise InputError(uploaded.name, "is no longer here", "choose it again") from error
        self.upload = kept
        return kept

    def drop_upload(self) -> None:
        """Remove the uploaded file, where there is one."""
        if self.upload is not None:
            shutil.rmtree(self.upload.parent, ignore_errors=True)
            self.upload = None

    def results_folder(self) -> Path:
        """An empty folder for the results of the next run; those of the last one are removed."""
        self.result = None
        out = self.folder / "results"
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir()
        return out


class Workspace:
    """The folder of all visitors' files, removed when it is left; safe to share between threads."""

    def __init__(self) -> None:
        """Make the folder, readable by this user alone, and name it to Gradio."""
        self.folder = Path(tempfile.mkdtemp(prefix="tallygate-demo-")).resolve()
        self._visitors: dict[str, Visitor] = {}
        self._lock = Lock()
        self._before = os.environ.get(GRADIO_FOLDER)
        os.environ[GRADIO_FOLDER] = str(self.folder)

    def __enter__(self) -> Workspace:
        return self

    def __exit__(
        self, _type: type[BaseException] | None, _error: BaseException | None, _at: TracebackType | None
    ) -> None:
        self.remove()

    def remove(self) -> None:
        """Remove everything."""
        os.environ.pop(GRADIO_FOLDER, None)
        if self._before is not None:
            os.environ[GRADIO_FOLDER] = self._before
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def stored(self) -> int:
        """Bytes of all files."""
        return sum(_size(Path(folder) / name) for folder, _, names in os.walk(self.folder) for name in names)

    def visitor(self, session: str | None) -> Visitor:
        """The files of the visitor of that session. Raises :class:`InputError` when there are too many visitors."""
        if not session:
            raise InputError("this request", "belongs to no visit", "open the page first")
        with self._lock:
            self._forget_absent()
            if session not in self._visitors:
                self._visitors[session] = self._welcome()
            visitor = self._visitors[session]
            visitor.seen = monotonic()
            return visitor

    def leave(self, session: str | None) -> None:
        """Remove the files of a visitor who has left."""
        with self._lock:
            visitor = self._visitors.pop(session or "", None)
        if visitor is not None:
            _remove(visitor)

    def check_room(self) -> None:
        """Raises :class:`InputError` when visitors' files take all the room that they may."""
        if self.stored > STORED_BYTES:
            reason = f"has the {STORED_BYTES // 2**20:,} MiB that it keeps for visitors' files"
            raise InputError("the page", reason, "try again when others have finished")

    def _welcome(self) -> Visitor:
        if len(self._visitors) >= VISITORS:
            reason = f"keeps files for {VISITORS} visitors already"
            raise InputError("the page", reason, "try again when others have finished")
        # A name that nobody can guess: who knows a file's path may ask Gradio for it.
        folder = self.folder / f"visitor-{secrets.token_hex(16)}"
        folder.mkdir(mode=0o700)
        return Visitor(folder, monotonic())

    def _forget_absent(self) -> None:
        late = monotonic() - SESSION_SECONDS
        for session, visitor in list(self._visitors.items()):
            if visitor.seen < late:
                _remove(self._visitors.pop(session))


def _remove(visitor: Visitor) -> None:
    visitor.gone = True
    visitor.result = None
    shutil.rmtree(visitor.folder, ignore_errors=True)


def _size(path: Path) -> int:
    try:
        return path.lstat().st_size
    except OSError:  # it was removed meanwhile
        return 0
