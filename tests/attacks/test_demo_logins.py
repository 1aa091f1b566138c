"""Guessing passwords, and passwords that others could read."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import pytest

pytest.importorskip("gradio", reason="needs the extra [demo]")

from starlette.exceptions import HTTPException

from tallygate.demo import passwords
from tallygate.demo.passwords import LONGEST_DELAY, MOST_WAITING, VARIABLE, Doorkeeper, read_passwords
from tallygate.runtime.cli import main
from tallygate.runtime.errors import UsageError

T = TypeVar("T")


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The delays, which take no time here but let others run."""
    delays: list[float] = []
    pause = asyncio.sleep

    async def note(seconds: float) -> None:
        delays.append(seconds)
        await pause(0)

    monkeypatch.setattr(passwords, "sleep", note)
    return delays


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Its result, from a thread of its own: a browser that another test has opened runs a loop in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coroutine).result()


async def guess(doorkeeper: Doorkeeper, *pairs: tuple[str, str]) -> list[bool]:
    return [await doorkeeper.admits(*pair) for pair in pairs]


def test_every_wrong_password_makes_the_next_try_wait_longer(slept: list[float]) -> None:
    doorkeeper = Doorkeeper({"ada": "right"})
    assert run(guess(doorkeeper, *[("ada", "wrong")] * 9)) == [False] * 9
    assert slept == [0, 0.5, 1, 2, 4, 8, 16, LONGEST_DELAY, LONGEST_DELAY]
    assert run(guess(doorkeeper, ("ada", "right"), ("ada", "right"))) == [True, True]
    assert slept[-2:] == [LONGEST_DELAY, 0]


def test_guesses_side_by_side_gain_nothing(slept: list[float]) -> None:
    async def together() -> list[bool]:
        return await asyncio.gather(*(doorkeeper.admits("ada", "wrong") for _ in range(5)))

    doorkeeper = Doorkeeper({"ada": "right"})
    assert run(together()) == [False] * 5
    assert slept == [0, 0.5, 1, 2, 4]


def test_more_guesses_than_may_wait_are_turned_away(slept: list[float]) -> None:
    async def together() -> list[object]:
        tries = (doorkeeper.admits("ada", "wrong") for _ in range(MOST_WAITING + 3))
        return list(await asyncio.gather(*tries, return_exceptions=True))

    doorkeeper = Doorkeeper({"ada": "right"})
    refused = [answer for answer in run(together()) if isinstance(answer, HTTPException)]
    assert [error.status_code for error in refused] == [429] * 3
    assert len(slept) == MOST_WAITING


def test_guesses_for_others_do_not_keep_a_user_out(slept: list[float]) -> None:
    doorkeeper = Doorkeeper({"ada": "right", "bob": "other"})
    wrong = [("bob", "wrong"), ("nobody", "wrong"), ("somebody", "right")] * 4
    assert not any(run(guess(doorkeeper, *wrong)))
    slept.clear()
    assert run(guess(doorkeeper, ("ada", "right"))) == [True]
    assert slept == [0]


@pytest.mark.parametrize("password", ["", "Right", "right ", "righ", "right\0", "\ud800"])
def test_only_the_password_itself_opens(slept: list[float], password: str) -> None:
    assert run(guess(Doorkeeper({"ada": "right"}), ("ada", password))) == [False]


def test_a_password_on_the_command_line_is_refused_and_not_repeated(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(["demo", "--auth", "ada:tops3cret"])
    assert caught.value.code == 2
    told = capsys.readouterr().err
    assert "--auth ada" in told
    assert VARIABLE in told
    assert "tops3cret" not in told


def test_the_password_is_not_handed_on_to_other_programs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "secret")
    assert read_passwords(["ada", "bob"]) == {"ada": "secret", "bob": "secret"}
    assert VARIABLE not in os.environ


def test_the_password_is_asked_for_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setattr(passwords.sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(passwords.getpass, "getpass", lambda prompt: f"<{prompt}>")
    assert read_passwords(["ada"]) == {"ada": "<Password for ada: >"}


def test_without_a_terminal_or_a_password_nothing_is_opened(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setattr(passwords.sys.stdin, "isatty", lambda: False, raising=False)
    with pytest.raises(UsageError, match=VARIABLE):
        read_passwords(["ada"])
    monkeypatch.setenv(VARIABLE, "")
    with pytest.raises(UsageError, match="empty"):
        read_passwords(["ada"])
