"""``tallygate demo``: opens the page."""

from __future__ import annotations

import argparse
import os

from tallygate.runtime.command import Command
from tallygate.runtime.commands.options import positive_int

QUIET = {
    "GRADIO_ANALYTICS_ENABLED": "False",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "GRADIO_ANALYTICS_MAX_EVENTS": "100",
    "GRADIO_ANALYTICS_CACHE_FREQUENCY": "1000000000",
}
"""Gradio reports to nobody, and does not draw up statistics of its last 10,000 events after every event."""

MATRIX_THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
"""Threads of NumPy's matrix products: on a busy machine, several that wait for each other are 20 times slower."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "bundle", nargs="?", metavar="BUNDLE", help="directory or zip (default: the shipped IMDB bundle)"
    )
    parser.add_argument("--port", type=_port, metavar="N", help="port to listen on (default: the first free from 7860)")
    parser.add_argument(
        "--auth", action="append", type=_user, metavar="USER:PASSWORD", help="ask visitors to log in; can be repeated"
    )
    parser.add_argument("--share", action="store_true", help="also open a public address, through Gradio's servers")
    parser.add_argument("--threads", type=positive_int, default=1, metavar="N", help="threads per text (default: 1)")


def run(arguments: argparse.Namespace) -> int:
    """Serve until interrupted."""
    # Read when Gradio and NumPy are imported, which is why they are imported after it.
    os.environ.update(QUIET)
    for name in MATRIX_THREADS:
        os.environ.setdefault(name, str(arguments.threads))
    from tallygate.demo.app import build_app
    from tallygate.demo.server import serve
    from tallygate.runtime.bundle import open_bundle

    app = build_app(open_bundle(arguments.bundle), arguments.threads)
    address = serve(app, arguments.port, arguments.auth, arguments.share)
    print(f"tallygate demo: {address} (Ctrl-C stops it)", flush=True)
    app.block_thread()
    return 0


def _port(text: str) -> int:
    port = int(text)
    if not 1 <= port <= 65535:
        raise argparse.ArgumentTypeError(f"{port} must be from 1 to 65535")
    return port


def _user(text: str) -> tuple[str, str]:
    user, colon, password = text.partition(":")
    if not (user and colon and password):
        raise argparse.ArgumentTypeError("must be USER:PASSWORD")
    return user, password


COMMAND = Command("open a page that shows what the model does", add_arguments, run, "demo", ("gradio", "jinja2", "PIL"))
