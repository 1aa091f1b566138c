"""A bundle is named where it always stood or by --bundle, and pinned by --sha256, in every command that opens one."""

from __future__ import annotations

import argparse
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from tallygate.runtime.bundle import open_bundle
from tallygate.runtime.cli import GROUP, main
from tallygate.runtime.commands.options import add_bundle_options, bundle_from, bundle_path
from tallygate.runtime.errors import BundleInvalidError, UsageError

NO_BUNDLE = {"train", "study", "export"}
"""Commands that open none."""


def parsed(*given: str, positional: bool = True) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_bundle_options(parser, positional)
    return parser.parse_args(given, argparse.Namespace(command="info"))


def test_a_bundle_is_named_by_place_or_by_option() -> None:
    assert bundle_path(parsed()) is None
    assert bundle_path(parsed("a.zip")) == bundle_path(parsed("--bundle", "a.zip")) == "a.zip"
    assert bundle_path(parsed("--bundle", "a.zip", positional=False)) == "a.zip"


def test_two_bundles_are_one_line() -> None:
    with pytest.raises(UsageError, match=r"^info: got both BUNDLE and --bundle; give one of them$"):
        bundle_path(parsed("a.zip", "--bundle", "a.zip"))


def test_the_pin_holds(toy_path: Path) -> None:
    pin = open_bundle(toy_path).sha256
    assert bundle_from(parsed(str(toy_path), "--sha256", pin)).sha256 == pin
    with pytest.raises(BundleInvalidError, match="not the pinned"):
        bundle_from(parsed("--bundle", str(toy_path), "--sha256", pin[:-1]))


@pytest.mark.parametrize("name", sorted({entry.name for entry in entry_points(group=GROUP)} - NO_BUNDLE))
def test_every_command_that_opens_a_bundle_takes_both_options(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="0"):
        main([name, "--help"])
    told = capsys.readouterr().out
    assert "--bundle BUNDLE" in told
    assert "--sha256 HASH" in told


@pytest.mark.parametrize("command", ["info", "verify", "predict", "doctor"])
def test_another_bundle_than_the_pinned_one_is_refused(
    toy_path: Path, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    text = ["good film"] if command == "predict" else []
    assert main([command, *text, "--bundle", str(toy_path), "--sha256", "0" * 64]) == (1 if command == "doctor" else 2)
    captured = capsys.readouterr()
    assert f"not the pinned {'0' * 64}" in captured.out + captured.err
