"""``tallygate page``: one HTML file that answers texts without a server, and proves itself when it is opened."""

from __future__ import annotations

import argparse
from pathlib import Path

from tallygate.runtime.command import Command
from tallygate.runtime.commands.options import add_bundle_options, bundle_from
from tallygate.runtime.errors import UsageError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_bundle_options(parser)
    parser.add_argument("--out", metavar="FILE", required=True, help="the page, such as page.html")


def run(arguments: argparse.Namespace) -> int:
    """Write the page, and say how large it is and what it must prove."""
    from tallygate.runtime.outputs import write_text
    from tallygate.runtime.page import contents_of, page_of, read_sources

    out = Path(arguments.out)
    if out.suffix.lower() not in (".html", ".htm"):
        raise UsageError(f"--out {arguments.out}", "is no name of a page", "end it with .html")
    sources, contents = read_sources(), contents_of(bundle_from(arguments))
    page = page_of(contents, sources)
    write_text(out, page)
    print(f"{out}: {len(page.encode('utf-8')):,} bytes, {contents.asked:,} of {contents.goldens:,} golden texts")
    print(f"sha256 of the golden logits: {contents.golden_logits}")
    return 0


COMMAND = Command(
    "write one HTML file that answers texts, and proves itself when it is opened",
    add_arguments,
    run,
    examples=(
        "tallygate page reviews.zip --out reviews.html",
        "tallygate page --bundle reviews.zip --out page.html",
    ),
)
