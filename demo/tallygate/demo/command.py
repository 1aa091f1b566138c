"""``tallygate demo``: opens the page."""

from __future__ import annotations

import argparse
import os
import re
from threading import Event

from tallygate.runtime.command import Command
from tallygate.runtime.commands.options import (
    add_bundle_options,
    add_text_file_options,
    bundle_from,
    positive_int,
    texts_from,
    threshold_from,
)

QUIET = {
    "GRADIO_ANALYTICS_ENABLED": "False",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "GRADIO_ANALYTICS_MAX_EVENTS": "100",
    "GRADIO_ANALYTICS_CACHE_FREQUENCY": "1000000000",
}
"""Gradio reports to nobody, and does not draw up statistics of its last 10,000 events after every event."""

MATRIX_THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
"""Threads of NumPy's matrix products: on a busy machine, several that wait for each other are 20 times slower."""

_HOST = re.compile(r"(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])(?::[0-9]{1,5})?", re.IGNORECASE)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    add_bundle_options(parser)
    parser.add_argument("--port", type=_port, metavar="N", help="port to listen on (default: the first free from 7860)")
    parser.add_argument(
        "--host", action="append", type=_host, default=[], metavar="NAME[:PORT]",
        help="another name under which visitors may ask for the page, as behind a proxy; it still listens on this "
        "machine only; can be repeated",
    )  # fmt: skip
    parser.add_argument(
        "--auth", action="append", type=_user, default=[], metavar="USER",
        help="ask visitors to log in; the password is asked for, or comes from the environment variable "
        "TALLYGATE_DEMO_PASSWORD; can be repeated",
    )  # fmt: skip
    examples = "texts to try: lines, .csv, .tsv or .jsonl (default: from the bundle)"
    parser.add_argument("--examples", metavar="FILE", help=examples)
    add_text_file_options(parser, "--examples")
    unsure = "show an answer whose score is below P, from 0 to 1, as unsure (default: 0, never)"
    parser.add_argument("--abstain-below", metavar="P", default="0", help=unsure)
    parser.add_argument("--share", action="store_true", help="also open a public address, through Gradio's servers")
    parser.add_argument("--threads", type=positive_int, default=1, metavar="N", help="threads per text (default: 1)")


def run(arguments: argparse.Namespace) -> int:
    """Serve until interrupted; files of visitors are removed then, however it ends."""
    # Read when Gradio and NumPy are imported, which is why they are imported after it.
    os.environ.update(QUIET)
    for name in MATRIX_THREADS:
        os.environ.setdefault(name, str(arguments.threads))
    from tallygate.demo.app import build_app
    from tallygate.demo.examples import examples_in, examples_of
    from tallygate.demo.passwords import read_passwords
    from tallygate.demo.server import serve, stop
    from tallygate.demo.workspace import Workspace

    abstain_below = threshold_from(arguments.abstain_below)
    passwords = read_passwords(arguments.auth)
    bundle = bundle_from(arguments)
    examples = (
        examples_in(arguments.examples, texts_from(arguments, arguments.examples))
        if arguments.examples
        else examples_of(bundle)
    )
    with Workspace() as workspace:
        app = build_app(bundle, workspace, arguments.threads, examples, abstain_below)
        try:
            address = serve(app, workspace, arguments.port, passwords, arguments.host, arguments.share)
            print(f"tallygate demo: {address} (Ctrl-C stops it)", flush=True)
            _wait()
        finally:
            stop(app)
    return 0


def _wait() -> None:
    try:
        Event().wait()
    except KeyboardInterrupt:
        return


def _port(text: str) -> int:
    port = int(text)
    if not 1 <= port <= 65535:
        raise argparse.ArgumentTypeError(f"{port} must be from 1 to 65535")
    return port


def _host(text: str) -> str:
    if not _HOST.fullmatch(text):
        raise argparse.ArgumentTypeError("must be NAME or NAME:PORT, without http:// and without a path")
    return text


def _user(text: str) -> str:
    user, colon, _ = text.partition(":")
    if colon:
        # Whoever lists this machine's programs reads their command lines. The message must not repeat it either.
        raise argparse.ArgumentTypeError(
            f"{user}:…: a password on a command line is seen by everybody on this machine; give --auth {user}, "
            "and the password when asked or in TALLYGATE_DEMO_PASSWORD"
        )
    if not user.strip():
        raise argparse.ArgumentTypeError("must be the name of a user")
    return user.strip()


COMMAND = Command(
    "open a page that shows what the model does",
    add_arguments,
    run,
    "demo",
    ("gradio", "jinja2", "markdown_it", "PIL"),
    examples=(
        "tallygate demo",
        "tallygate demo reviews.zip --examples texts.txt --port 7861",
        "tallygate demo reviews.zip --auth anna --host demo.example.org",
    ),
)
