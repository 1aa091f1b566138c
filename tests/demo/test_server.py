"""The page as a server: endpoints for programs, limits, nothing leaves the machine, nothing heavy is imported."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError

from tallygate.demo.copies import Copies
from tallygate.demo.examples import FILMS
from tallygate.demo.limits import TEXT_CHARACTERS, TEXTS
from tallygate.demo.tabs.about import snippet
from tallygate.runtime.cli import main

Capture = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def client(address: str) -> Client:
    return Client(address, verbose=False, analytics_enabled=False)


def test_programs_get_the_same_answers(client: Client, copies: Copies) -> None:
    expected = copies.load(copies.first).predict("very good film")
    answer = client.predict("very good film", api_name="/classify")
    assert (answer["label"], answer["score"], answer["engine"]) == (expected.label, expected.score, "onnxruntime")
    many = client.predict(["very good film", ""], "fp32 on numpy", api_name="/classify_many")
    assert [a["engine"] for a in many] == ["numpy", "numpy"]
    assert client.predict(api_name="/copies") == copies.names


def test_the_readme_s_program_works(address: str, copies: Copies) -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    (program,) = re.findall(r"```python\n(from gradio_client.*?)```", readme, re.DOTALL)
    assert all(line in program for line in snippet(FILMS).splitlines()[1:])
    command = [sys.executable, "-c", program.replace("http://127.0.0.1:7860", address)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].endswith(str(copies.names))


def test_only_the_three_endpoints_are_public(client: Client) -> None:
    named = client.view_api(return_format="dict", print_info=False)["named_endpoints"]
    assert set(named) == {"/classify", "/classify_many", "/copies"}


@pytest.mark.parametrize(
    ("arguments", "endpoint", "message"),
    [
        (("x" * (TEXT_CHARACTERS + 1),), "/classify", "are read at most"),
        ((["x"] * (TEXTS + 1),), "/classify_many", "are answered at once"),
        ((["x" * TEXT_CHARACTERS] * 11,), "/classify_many", "are read at once"),
        (([],), "/classify_many", "holds no text"),
        (("a text",), "/classify_many", "not a list"),
        (({"a": 1},), "/classify_many", "not a list"),
        ((None,), "/classify_many", "not a list"),
        ((5,), "/classify_many", "not a list"),
        ((["x", 5],), "/classify_many", "text 2: is a number"),
        (([["x"]],), "/classify_many", "text 1: is a list"),
        ((["x", None],), "/classify_many", "text 2: is nothing"),
        ((["x"], {"a": 1}), "/classify_many", "is an object, not a name"),
        ((["x"], "a" * 300), "/classify_many", "has a name of 300"),
        ((["x"],), "/classify", "is a list, not a text"),
        ((None,), "/classify", "is nothing, not a text"),
        (("x", "fp32 on abacus"), "/classify", "choose one of"),
    ],
)
def test_limits_are_told_in_one_line(
    client: Client, arguments: tuple[object, ...], endpoint: str, message: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(AppError, match=message):
        client.predict(*arguments, api_name=endpoint)
    assert "Traceback" not in capfd.readouterr().err


def test_clients_at_the_same_time_get_their_own_answers(address: str, copies: Copies) -> None:
    texts = [f"{'very ' * (i % 5)}{'good' if i % 2 else 'bad'} film" for i in range(40)]
    expected = [p.score for p in copies.load(copies.first).predict(texts)]
    clients = [Client(address, verbose=False, analytics_enabled=False) for _ in range(4)]

    def ask(place: int) -> list[float]:
        """All of one client's texts: two threads on one client race for its stream of events."""
        return [clients[place].predict(text, api_name="/classify")["score"] for text in texts[place::4]]

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(ask, range(4)))
    assert [answers[i % 4][i // 4] for i in range(40)] == pytest.approx(expected, abs=1e-6)


def test_the_browser_is_told_to_load_from_here_only(address: str) -> None:
    answer = httpx.get(address)
    assert answer.headers["content-security-policy"].startswith("default-src 'self'; ")
    assert "googleapis" not in answer.text


_OFFLINE = """
import sys
asked = []
def watch(event, arguments):
    if event == "socket.getaddrinfo": asked.append(str(arguments[0]))
    if event == "socket.connect" and isinstance(arguments[1], tuple): asked.append(str(arguments[1][0]))
sys.addaudithook(watch)
import argparse, json, threading, urllib.request
from tallygate.demo import command
command._wait = lambda: urllib.request.urlopen("http://127.0.0.1:" + sys.argv[3]).read()
parser = argparse.ArgumentParser()
command.COMMAND.add_arguments(parser)
assert command.COMMAND.run(parser.parse_args(sys.argv[1:])) == 0
heavy = [name for name in ("torch", "onnx", "tallygate.train", "tallygate.export") if name in sys.modules]
print(json.dumps({"asked": sorted(set(asked)), "heavy": heavy}), flush=True)
import os
os._exit(0)
"""


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
    return port


def test_serving_asks_no_other_machine_and_imports_nothing_heavy(bundle_path: Path) -> None:
    command = [sys.executable, "-c", _OFFLINE, str(bundle_path), "--port", str(free_port())]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout.splitlines()[-1])
    assert told["heavy"] == []
    assert set(told["asked"]) <= {"127.0.0.1", "localhost", "0.0.0.0", "::1", "None"}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no interrupt to another program")
def test_the_program_serves_until_it_is_interrupted(bundle_path: Path) -> None:
    port = free_port()
    command = [sys.executable, "-m", "tallygate.runtime.cli", "demo", str(bundle_path), "--port", str(port)]
    process = subprocess.Popen(
        [*command, "--auth", "ada"],
        env=os.environ | {"TALLYGATE_DEMO_PASSWORD": "secret"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        preexec_fn=_hear_interrupts,
    )
    try:
        assert process.stdout is not None
        assert process.stdout.readline().decode().startswith(f"tallygate demo: http://127.0.0.1:{port}")
        address = f"http://127.0.0.1:{port}"
        assert httpx.get(f"{address}/config").status_code == 401
        login = {"username": "ada", "password": "secret"}
        assert httpx.post(f"{address}/login", data=login).status_code == 200
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=30)
        assert process.returncode == 0
        assert b"Traceback" not in told
    finally:
        process.kill()
        process.communicate()


def _hear_interrupts() -> None:
    """A shell starts what runs in its background deaf to interrupts, and children inherit that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_what_cannot_be_served_is_told_in_one_line(
    bundle_path: Path, tmp_path: Path, address: str, capsys: Capture
) -> None:
    taken = address.rstrip("/").rpartition(":")[2]
    for arguments in ([str(tmp_path / "none.zip")], [str(bundle_path), "--port", taken]):
        assert main(["demo", *arguments]) == 2
        told = capsys.readouterr().err
        assert told.startswith("tallygate: ")
        assert told.count("\n") == 1
    for arguments in (["--port", "0"], ["--port", "99999"], ["--auth", "ada:secret"], ["--host", "http://x/y"]):
        with pytest.raises(SystemExit) as caught:
            main(["demo", *arguments])
        assert caught.value.code == 2
