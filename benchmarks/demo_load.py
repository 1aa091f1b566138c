"""Clients that ask the demo at the same time: is every answer right, is none lost, does the memory stay flat?

    python benchmarks/demo_load.py [--clients 8] [--seconds 60] [--bundle BUNDLE]

Starts the demo on this machine, and asks no other. Exits with 1 when an answer is wrong or lost.
"""

from __future__ import annotations

import argparse
import itertools
import subprocess
import sys
import threading
import time
from pathlib import Path
from statistics import median, quantiles
from typing import Any

from demo_page import free_port, wait_for_page
from gradio_client import Client

from tallygate.demo.examples import examples_of
from tallygate.runtime.bundle import open_bundle


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--bundle", help="default: the shipped one")
    arguments = parser.parse_args()
    port = free_port()
    bundle = [arguments.bundle] if arguments.bundle else []
    command = [sys.executable, "-m", "tallygate.runtime.cli", "demo", *bundle, "--port", str(port)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            wait_for_page(f"http://127.0.0.1:{port}/", process)
            texts = list(examples_of(open_bundle(arguments.bundle)).texts.values())
            return load(f"http://127.0.0.1:{port}/", process.pid, texts, arguments.clients, arguments.seconds)
        finally:
            process.terminate()


def load(address: str, pid: int, texts: list[str], count: int, seconds: float) -> int:
    """Ask for ``texts`` from ``count`` clients for ``seconds``; 1 when an answer is wrong or lost."""
    alone = Client(address, verbose=False, analytics_enabled=False)
    expected = [alone.predict(text, api_name="/classify") for text in texts]
    workers = [Asker(address, texts, expected, number) for number in range(count)]
    stop = time.perf_counter() + seconds
    threads = [threading.Thread(target=worker.run, args=(stop,)) for worker in workers]
    for thread in threads:
        thread.start()
    memory = watch_memory(pid, stop)
    for thread in threads:
        thread.join()
    return report(workers, memory, seconds)


class Asker:
    """One client, which asks for one text after another."""

    def __init__(self, address: str, texts: list[str], expected: list[Any], number: int) -> None:
        self.client = Client(address, verbose=False, analytics_enabled=False)
        self.pairs = list(zip(texts, expected, strict=True))
        self.number = number
        self.milliseconds: list[float] = []
        self.wrong = self.lost = 0

    def run(self, stop: float) -> None:
        """Ask until ``stop``."""
        for text, expected in itertools.islice(itertools.cycle(self.pairs), self.number, None):
            start = time.perf_counter()
            if start >= stop:
                return
            try:
                answer = self.client.predict(text, api_name="/classify")
            except Exception as error:  # whatever the client raises, the answer is lost
                print(f"lost: {error}", file=sys.stderr)
                self.lost += 1
            else:
                self.wrong += answer != expected
                self.milliseconds.append(1000 * (time.perf_counter() - start))


def watch_memory(pid: int, stop: float) -> list[float]:
    """MB of the server's resident memory, once a second until ``stop``."""
    status, memory = Path(f"/proc/{pid}/status"), []
    while time.perf_counter() < stop:
        line = next(line for line in status.read_text(encoding="utf-8").splitlines() if line.startswith("VmRSS"))
        memory.append(int(line.split()[1]) / 1000)
        time.sleep(1.0)
    return memory


def report(workers: list[Asker], memory: list[float], seconds: float) -> int:
    """Print what happened."""
    times = sorted(itertools.chain.from_iterable(worker.milliseconds for worker in workers))
    wrong, lost = sum(worker.wrong for worker in workers), sum(worker.lost for worker in workers)
    tail = quantiles(times, n=100)[98]
    print(f"{len(workers)} clients, {seconds:.0f} s: {len(times):,} answers, {len(times) / seconds:.1f} a second")
    print(f"wrong {wrong}, lost {lost}; {median(times):.0f} ms in the middle, {tail:.0f} ms at 99%")
    tenth = max(1, len(memory) // 10)
    first, second, last = memory[tenth], memory[len(memory) // 2], memory[-1]
    print(f"memory {first:.1f} MB after a tenth, {second:.1f} MB after half, {last:.1f} MB at the end")
    return 1 if wrong or lost else 0


if __name__ == "__main__":
    sys.exit(main())
