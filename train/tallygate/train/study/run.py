"""A study: its parts, one after another, each into its own folder."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from tallygate.runtime.errors import OutputError, UsageError
from tallygate.runtime.machine import check_threads
from tallygate.runtime.outputs import check_writable, write_bytes
from tallygate.train.corpora import DataSource, check_numbers
from tallygate.train.say import say
from tallygate.train.study.context import StudyContext, study_context
from tallygate.train.study.parts import PARTS

FINISHED = "finished.json"


class StudyOptions(msgspec.Struct, frozen=True, kw_only=True):
    """What ``tallygate study`` was given."""

    data: DataSource
    folder: Path
    only: str | None = None
    """Names of parts, with commas between them."""
    quick: bool = False
    seed: int = 0
    threads: int = 1


class _Finished(msgspec.Struct, frozen=True):
    study: str
    """Hash of the data and settings that the part was made with."""


def run_study(options: StudyOptions) -> None:
    """Make the parts that are asked for; all but the finished ones if none is.

    Raises :class:`UsageError` for unknown parts, :class:`OutputError` when the folder cannot be written, and whatever
    loading the corpus raises.
    """
    names = _chosen_parts(options.only)
    _check(options)
    context = study_context(options.data.load(), options.quick, options.seed, options.threads)
    study = context.sha256()
    for name in names:
        folder = options.folder / name
        if options.only is None and _is_finished(folder, study):
            say(f"{name}: made already; --only {name} makes it again")
            continue
        _make(name, context, folder, study)


def _make(name: str, context: StudyContext, folder: Path, study: str) -> None:
    PARTS[name](context, folder)
    write_bytes(folder / FINISHED, msgspec.json.encode(_Finished(study)) + b"\n")
    print(f"\n{name}: {folder}")


def _is_finished(folder: Path, study: str) -> bool:
    try:
        return msgspec.json.decode((folder / FINISHED).read_bytes(), type=_Finished).study == study
    except (OSError, ValueError):
        return False


def _chosen_parts(only: str | None) -> Sequence[str]:
    if only is None:
        return list(PARTS)
    names = [name.strip() for name in only.split(",")]
    unknown = [name for name in names if name not in PARTS]
    if unknown:
        raise UsageError(f"--only {only}", f"there is no part {unknown[0]!r}", f"choose from {', '.join(PARTS)}")
    return [name for name in PARTS if name in names]


def _check(options: StudyOptions) -> None:
    check_threads(1 if options.threads is None else options.threads, "--threads")
    check_numbers({"seed": (options.seed, 0)})
    if options.folder.exists() and not options.folder.is_dir():
        raise OutputError(options.folder, "is not a folder", "name another folder with --out")
    check_writable(options.folder)
