"""How long from starting the demo until its page answers, beside an empty Gradio page, in turns on the same machine.

python benchmarks/demo_page.py [--bundle BUNDLE] [--rounds 5]
"""

from __future__ import annotations

import argparse
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from statistics import median

EMPTY = """
import sys
import gradio as gr
with gr.Blocks(analytics_enabled=False) as app:
    gr.Markdown("Nothing")
app.launch(server_name="127.0.0.1", server_port=int(sys.argv[1]), quiet=True, ssr_mode=False)
"""
PATIENCE = 120.0


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--bundle", help="default: the shipped one")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    bundle = [arguments.bundle] if arguments.bundle else []
    demo = [sys.executable, "-m", "tallygate.runtime.cli", "demo", *bundle, "--port"]
    seconds: dict[str, list[float]] = {"empty Gradio page": [], "tallygate demo": []}
    for _ in range(arguments.rounds):
        seconds["empty Gradio page"].append(seconds_until_page([sys.executable, "-c", EMPTY]))
        seconds["tallygate demo"].append(seconds_until_page(demo))
    for name, values in seconds.items():
        print(f"{name:<18} median {median(values):5.2f} s   best {min(values):5.2f} s   of {len(values)}")
    empty, ours = (median(values) for values in seconds.values())
    best = min(seconds["tallygate demo"]) / min(seconds["empty Gradio page"])
    print(f"ratio              median {ours / empty:5.2f}     best {best:5.2f}")


def seconds_until_page(command: list[str]) -> float:
    """Start ``command`` with a free port behind it, and wait until its page has come whole."""
    port = free_port()
    environment = os.environ | {"GRADIO_ANALYTICS_ENABLED": "False"}
    start = time.perf_counter()
    with subprocess.Popen([*command, str(port)], env=environment, stdout=subprocess.DEVNULL) as process:
        try:
            wait_for_page(f"http://127.0.0.1:{port}/", process)
            return time.perf_counter() - start
        finally:
            process.terminate()


def wait_for_page(address: str, process: subprocess.Popen[bytes]) -> None:
    """Return when the page answers; raise when the process ends or PATIENCE does."""
    deadline = time.perf_counter() + PATIENCE
    while time.perf_counter() < deadline and process.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=5).read()
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.02)
        else:
            return
    raise SystemExit(f"{address} did not answer")


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
    return port


if __name__ == "__main__":
    main()
