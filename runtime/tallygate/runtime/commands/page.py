"""``tallygate page``: one HTML file that answers texts without a server, and proves itself when it is opened."""

from __future__ import annotations

import argparse
from pathlib import Path

from tallygate.runtime.command import Command
from tallygate.runtime.errors import UsageError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument("bundle", metavar="BUNDLE", nargs="?", help="directory or zip (default: the shipped bundle)")
    parser.add_argument("--out", metavar="FILE", required=True, help="the page, such as page.html")


def run(arguments: argparse.Namespace) -> int:
    """Write the page, and say how large it is."""
    from tallygate.runtime.bundle import open_bundle
    from tallygate.runtime.outputs import write_text
    from tallygate.runtime.page import contents_of, page_of
    from tallygate.runtime.page.sources import read_sources

    out = Path(arguments.out)
    if out.suffix.lower() not in (".html", ".htm"):
        raise UsageError(f"--out {arguments.out}", "is no HTML file's name", "end it with .html")
    sources, contents = read_sources(), contents_of(open_bundle(arguments.bundle))
    page = page_of(contents, sources)
    write_text(out, page)
    size = len(page.encode("utf-8"))
    print(f"{out}: {size:,} bytes, {len(contents.texts):,} golden texts, golden logits {contents.golden_logits}")
    return 0


COMMAND = Command("write one HTML file that answers texts and proves itself when it is opened", add_arguments, run)
