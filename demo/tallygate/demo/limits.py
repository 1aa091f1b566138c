"""What one visitor may ask of the demo, and all of them together, so that none can take the machine from the others."""

from __future__ import annotations

from tallygate.runtime.errors import InputError

TEXT_CHARACTERS = 100_000
"""Longest text that is read from a box or through the API."""
TEXTS = 200
"""Most texts at once outside of a file."""
LIST_CHARACTERS = 1_000_000
"""Most characters of all texts of one list together."""
NAME_CHARACTERS = 200
"""Longest name of a copy that is looked up, and longest part of a wrong name that is told."""
REQUEST_BYTES = 8 * 2**20
"""Largest request that is not an upload; a list of LIST_CHARACTERS fits, however JSON writes them."""
FILE_BYTES = 100 * 2**20
"""Largest uploaded file."""
STORED_BYTES = 400 * 2**20
"""Most bytes of all visitors' files together, uploads and results; beyond, uploads are refused."""
VISITORS = 200
"""Most visitors whose files are kept at the same time."""
FILE_ROWS = 200_000
"""Most rows of an uploaded file that are answered."""
BAD_ROWS_KEPT = 10_000
"""Most bad rows of an uploaded file; with more, the file as a whole is refused."""
QUEUE = 256
"""Most requests that wait; more are told that the page is busy."""
RUNNING = 4
"""Most requests that compute at once."""
SESSION_SECONDS = 3600
"""How long a visitor's files are kept after they were last asked for; they go at once when the visitor does."""


def check_text(text: object, name: str = "the text") -> str:
    """``text`` itself. Raises :class:`InputError` when it is no string, or longer than TEXT_CHARACTERS."""
    if not isinstance(text, str):
        raise InputError(name, f"is {_kind(text)}, not a text", "give a string")
    if len(text) > TEXT_CHARACTERS:
        reason = f"has {len(text):,} characters, and {TEXT_CHARACTERS:,} are read at most"
        raise InputError(name, reason, "shorten it, or put it in a file for the Batch page")
    return text


def check_texts(texts: object) -> list[str]:
    """``texts`` themselves, a list of strings.

    Raises :class:`InputError` when it is anything else, empty, or too long: in number, in one text, or together.
    """
    if not isinstance(texts, list):
        raise InputError("the texts", f"are {_kind(texts)}, not a list", "give a list of strings")
    if not texts:
        raise InputError("the list", "holds no text", "give at least one")
    if len(texts) > TEXTS:
        reason = f"holds {len(texts):,} texts, and {TEXTS} are answered at once"
        raise InputError("the list", reason, "put them in a file for the Batch page")
    checked = [check_text(text, f"text {number}") for number, text in enumerate(texts, 1)]
    if (characters := sum(map(len, checked))) > LIST_CHARACTERS:
        reason = f"holds {characters:,} characters, and {LIST_CHARACTERS:,} are read at once"
        raise InputError("the list", reason, "put the texts in a file for the Batch page")
    return checked


def check_name(name: object) -> str:
    """The name of a copy. Raises :class:`InputError` when it is no string, or too long to be one."""
    if not isinstance(name, str):
        raise InputError("the copy", f"is {_kind(name)}, not a name", "give one of those that /copies names")
    if len(name) > NAME_CHARACTERS:
        raise InputError("the copy", f"has a name of {len(name):,} characters", "give one of those that /copies names")
    return name


_KINDS = {
    type(None): "nothing",
    bool: "a truth value",
    int: "a number",
    float: "a number",
    list: "a list",
    dict: "an object",
    str: "one string",
}


def _kind(value: object) -> str:
    """What JSON calls it, for people."""
    return _KINDS.get(type(value), "something else")
