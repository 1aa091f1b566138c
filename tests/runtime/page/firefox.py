"""Firefox driven by Marionette, the protocol that it speaks itself: JSON behind its length over a local connection."""

from __future__ import annotations

import json
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

SECONDS = 60


class Firefox:
    """One window."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._answers: BinaryIO = connection.makefile("rb")
        self._number = 0
        self._read()
        self.ask("WebDriver:NewSession", capabilities={"alwaysMatch": {}})

    def ask(self, command: str, **arguments: Any) -> Any:  # noqa: ANN401
        """What Firefox answers to a command of WebDriver."""
        self._number += 1
        message = json.dumps([0, self._number, command, arguments]).encode("utf-8")
        self._connection.sendall(str(len(message)).encode("ascii") + b":" + message)
        _, _, error, result = self._read()
        assert error is None, error["message"]
        return result

    def run(self, script: str) -> Any:  # noqa: ANN401
        """What a script returns in the page."""
        return self.ask("WebDriver:ExecuteScript", script=script, args=[])["value"]

    def wait_for(self, script: str) -> Any:  # noqa: ANN401
        """What a script returns as soon as that is true of it."""
        end = time.monotonic() + SECONDS
        while not (value := self.run(script)):
            assert time.monotonic() < end, f"{script}: is not true after {SECONDS} s"
            time.sleep(0.05)
        return value

    def type(self, selector: str, text: str) -> None:
        """Type into an element; the path of a file into one that takes files."""
        found = self.ask("WebDriver:FindElement", using="css selector", value=selector)["value"]
        self.ask("WebDriver:ElementSendKeys", id=next(iter(found.values())), text=text)

    def _read(self) -> Any:  # noqa: ANN401
        size = b""
        while (byte := self._answers.read(1)) != b":":
            assert byte, "Firefox is gone"
            size += byte
        return json.loads(self._answers.read(int(size)))


@contextmanager
def firefox(program: str, profile: Path) -> Iterator[Firefox]:
    """A headless Firefox with a profile of its own."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    profile.mkdir()
    (profile / "user.js").write_text(f'user_pref("marionette.port", {port});\n', "ascii")
    command = [program, "--headless", "--no-remote", "--marionette", "--profile", str(profile)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        with _connected(port, process) as connection:
            yield Firefox(connection)
    finally:
        process.terminate()
        process.wait(SECONDS)


def _connected(port: int, process: subprocess.Popen[bytes]) -> socket.socket:
    end = time.monotonic() + SECONDS
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), SECONDS)
        except OSError:
            assert process.poll() is None, "Firefox did not start"
            assert time.monotonic() < end, f"Firefox does not answer after {SECONDS} s"
            time.sleep(0.1)
