"""How more of tallygate is installed: the way that this copy came."""

from __future__ import annotations

import json
from importlib.metadata import PackageNotFoundError

import pytest

from tallygate.runtime.installation import pip_install


class Distribution:
    def __init__(self, note: str | None) -> None:
        self._note = note

    def read_text(self, name: str) -> str | None:
        assert name == "direct_url.json"
        return self._note


@pytest.mark.parametrize(
    ("note", "command"),
    [
        (None, "pip install 'tallygate[cpu,demo]'"),
        (
            {"url": "file:///home/ada/tally%20gate", "dir_info": {"editable": True}},
            "pip install --editable '/home/ada/tally gate[cpu,demo]'",
        ),
        ({"url": "file:///home/ada/tallygate", "dir_info": {}}, "pip install '/home/ada/tallygate[cpu,demo]'"),
        (
            {"url": "file:///tmp/tallygate-0.2.0-py3-none-any.whl", "archive_info": {}},
            "pip install '/tmp/tallygate-0.2.0-py3-none-any.whl[cpu,demo]'",
        ),
        ({"damaged": 1}, "pip install 'tallygate[cpu,demo]'"),
    ],
)
def test_the_command_names_where_this_copy_came_from(
    monkeypatch: pytest.MonkeyPatch, note: dict[str, object] | None, command: str
) -> None:
    text = None if note is None else json.dumps(note)
    monkeypatch.setattr("importlib.metadata.distribution", lambda name: Distribution(text))
    assert pip_install("cpu", "demo") == command


def test_a_checkout_that_is_not_installed_still_has_a_command(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(name: str) -> object:
        raise PackageNotFoundError(name)

    monkeypatch.setattr("importlib.metadata.distribution", absent)
    assert pip_install("cpu") == "pip install 'tallygate[cpu]'"
