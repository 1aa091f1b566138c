"""The parity report on disk: a page, and beside it a folder with ``parity.json`` and the pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tallygate.export.parity.findings import findings
from tallygate.export.parity.page import parity_page
from tallygate.runtime.errors import UsageError
from tallygate.runtime.outputs import write_json, write_text
from tallygate.runtime.parity import ParityResult, Reference
from tallygate.runtime.version import VERSION
from tallygate.train.scores import LengthBand


@dataclass(frozen=True)
class ParityRun:
    """All that a report is made of."""

    title: str
    facts: Sequence[str]
    """Lines that say what was compared, for people."""
    references: Sequence[Reference]
    results: Sequence[ParityResult]
    sizes: Mapping[str, int]
    """Bytes of the ONNX file, by precision."""
    by_length: Sequence[LengthBand] = ()
    """How honest the reference is, by length of the texts."""


def report_path(named: str | None, bundle: str | Path) -> Path:
    """Where the report of a bundle stands: beside it as ``imdb.parity.md`` for ``imdb.zip``, unless a place is named.

    Raises :class:`UsageError` when that is no .md file.
    """
    path = Path(bundle)
    stem = path.stem if path.suffix.lower() == ".zip" else path.name
    return path.with_name(f"{stem}.parity.md") if named is None else page_path(named)


def page_path(named: str) -> Path:
    """The path of a page. Raises :class:`UsageError` when it is no .md file: its folder is named after it."""
    path = Path(named)
    if path.suffix.lower() != ".md" or not path.stem:
        raise UsageError(named, "is no name for a page", "choose one that ends in .md")
    return path


def write_parity_report(page: Path, run: ParityRun) -> None:
    """Write the page, and its folder of the same name without ``.md``; what stands there is replaced.

    Raises :class:`OutputError` when they cannot be written.
    """
    from tallygate.export.parity.figures import draw_boundary, draw_errors
    from tallygate.train.scores import draw_lengths

    folder = page.with_suffix("")
    found = [findings(result, run.references, run.sizes[result.report.precision]) for result in run.results]
    facts = {"title": run.title, "created_with": VERSION, "facts": run.facts, "findings": found}
    facts |= {"by_length": list(run.by_length)}
    write_json(folder / "parity.json", facts)
    if any(result.comparisons for result in run.results):
        draw_errors(folder / "errors.png", run.results)
        draw_boundary(folder / "boundary.png", run.results)
    if run.by_length:
        draw_lengths(folder / "lengths.png", run.by_length, run.title)
    write_text(page, parity_page(run.title, run.facts, found, folder.name, run.by_length))
