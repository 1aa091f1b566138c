"""Who may log in: passwords that never stand on a command line, and a delay that grows with every wrong one."""

from __future__ import annotations

import getpass
import hashlib
import hmac
import os
import secrets
import sys
from asyncio import Lock, sleep
from collections.abc import Mapping, Sequence

from starlette.exceptions import HTTPException

from tallygate.runtime.errors import UsageError

VARIABLE = "TALLYGATE_DEMO_PASSWORD"
"""The environment variable with the password of the users that ``--auth`` names."""
FIRST_DELAY, LONGEST_DELAY = 0.5, 30.0
"""Seconds that the try after the first wrong one waits, twice as long after each further one, up to the longest."""
MOST_WAITING = 10
"""Tries for one user that wait at the same time; more are turned away unread."""


def read_passwords(users: Sequence[str]) -> dict[str, str]:
    """User -> password, from the environment or from a prompt.

    The variable is removed from the environment, so that no program started from here inherits it.
    Raises :class:`UsageError` when there is neither, or when one is empty.
    """
    given = os.environ.pop(VARIABLE, None)
    return {user: _password(user, given) for user in users}


def _password(user: str, given: str | None) -> str:
    if given is None and not sys.stdin.isatty():
        reason = "has no password, and there is no terminal to ask for it"
        raise UsageError(f"--auth {user}", reason, f"set {VARIABLE}")
    password = getpass.getpass(f"Password for {user}: ") if given is None else given
    if not password:
        raise UsageError(f"--auth {user}", "has an empty password", f"type one, or set {VARIABLE}")
    return password


class Doorkeeper:
    """Checks logins one after another for each user, so that guesses side by side gain nothing.

    The delay is of the user who is tried, all unknown ones being one: who guesses for one user holds up no other. A
    visit that has begun is never held up.
    """

    def __init__(self, passwords: Mapping[str, str]) -> None:
        self._salt = secrets.token_bytes(16)
        self._digests = {user: self._digest(password) for user, password in passwords.items()}
        self._nobody = secrets.token_bytes(32)
        self._lines = {user: _Line() for user in (*passwords, None)}

    async def admits(self, user: str, password: str) -> bool:
        """Whether that is the user's password, after the delay; answers 429 when too many tries wait."""
        line = self._lines[user if user in self._digests else None]
        if line.waiting >= MOST_WAITING:
            raise HTTPException(429, "Too many logins are waiting; try again in a minute.")
        line.waiting += 1
        try:
            async with line.lock:
                await sleep(line.delay)
                right = hmac.compare_digest(self._digest(password), self._digests.get(user, self._nobody))
                line.wrong = 0 if right else line.wrong + 1
                return right
        finally:
            line.waiting -= 1

    def _digest(self, password: str) -> bytes:
        # Only to compare texts of any length in equal time: nothing of it is stored anywhere.
        return hashlib.blake2b(password.encode("utf-8", "surrogatepass"), key=self._salt, digest_size=32).digest()


class _Line:
    """Those who want in as one user."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.wrong = self.waiting = 0

    @property
    def delay(self) -> float:
        """Seconds before the next try is read."""
        return min(LONGEST_DELAY, FIRST_DELAY * 2.0 ** min(self.wrong - 1, 32)) if self.wrong else 0.0
