"""Visitors' files: nobody's is another's, none stays, and nothing is fetched for anybody."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

pytest.importorskip("gradio", reason="needs the extra [demo]")

import gradio
from gradio import queueing, routes

from tallygate.demo import workspace as workspace_module
from tallygate.demo.limits import SESSION_SECONDS, STORED_BYTES
from tallygate.demo.manners import teach_manners
from tallygate.demo.workspace import GRADIO_FOLDER, Workspace
from tallygate.runtime.cli import main
from tallygate.runtime.errors import InputError
from tests.demo.conftest import bundle_path

__all__ = ["bundle_path"]


def uploaded(workspace: Workspace, name: str = "a.csv", text: str = "text\ngood\n") -> Path:
    """As Gradio leaves an upload: below a folder that is named by its content."""
    folder = workspace.folder / f"hash-of-{hash(text)}"
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_the_same_content_from_two_visitors_is_two_files() -> None:
    with Workspace() as workspace:
        first = workspace.visitor("first").take(uploaded(workspace))
        second = workspace.visitor("second").take(uploaded(workspace))
        assert first != second
        workspace.leave("first")
        assert not first.exists()
        assert second.read_text(encoding="utf-8") == "text\ngood\n"


def test_the_folder_of_a_visitor_cannot_be_guessed_nor_read_by_others() -> None:
    with Workspace() as workspace:
        folders = [workspace.visitor(str(number)).folder for number in range(20)]
        assert len({folder.name for folder in folders}) == 20
        assert all(len(folder.name) >= 32 for folder in folders)
        if os.name == "posix":
            assert {folder.stat().st_mode & 0o077 for folder in (workspace.folder, *folders)} == {0}


@pytest.mark.parametrize("session", ["../../escape", "/etc", "a/b", "..", "x" * 10_000])
def test_the_name_of_a_visit_becomes_no_path(session: str) -> None:
    with Workspace() as workspace:
        assert workspace.visitor(session).folder.parent == workspace.folder


def test_a_file_that_is_replaced_or_taken_away_is_removed() -> None:
    with Workspace() as workspace:
        visitor = workspace.visitor("one")
        first = visitor.take(uploaded(workspace))
        second = visitor.take(uploaded(workspace, text="text\nbad\n"))
        assert not first.exists()
        visitor.drop_upload()
        assert not second.exists()
        assert visitor.upload is None


def test_files_of_those_who_never_come_back_are_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [1000.0]
    monkeypatch.setattr(workspace_module, "monotonic", lambda: now[0])
    with Workspace() as workspace:
        old = workspace.visitor("old").take(uploaded(workspace))
        now[0] += SESSION_SECONDS - 1
        kept = workspace.visitor("kept").take(uploaded(workspace))
        now[0] += 2
        workspace.visitor("new")
        assert not old.exists()
        assert kept.exists()


def test_more_visitors_with_files_than_are_kept_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workspace_module, "VISITORS", 2)
    with Workspace() as workspace:
        workspace.visitor("one")
        workspace.visitor("two")
        with pytest.raises(InputError, match="2 visitors already"):
            workspace.visitor("three")
        workspace.leave("one")
        workspace.visitor("three")


def test_everybody_s_files_are_counted_together() -> None:
    with Workspace() as workspace:
        workspace.check_room()
        with (workspace.visitor("one").folder / "big").open("wb") as file:
            file.truncate(STORED_BYTES + 1)  # a sparse file takes no room
        assert workspace.stored > STORED_BYTES
        with pytest.raises(InputError, match="400 MiB"):
            workspace.check_room()


def test_an_upload_that_has_gone_is_told() -> None:
    with Workspace() as workspace:
        path = uploaded(workspace)
        path.unlink()
        with pytest.raises(InputError, match="choose it again"):
            workspace.visitor("one").take(path)


def test_the_workspace_leaves_no_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(GRADIO_FOLDER, "before")
    with Workspace() as workspace:
        uploaded(workspace)
        assert os.environ[GRADIO_FOLDER] == str(workspace.folder)
    assert not workspace.folder.exists()
    assert os.environ[GRADIO_FOLDER] == "before"


@pytest.mark.parametrize("address", ["http://evil.example/x.csv", "https://evil.example/x.csv"])
def test_an_address_in_the_place_of_a_file_is_not_fetched(address: str) -> None:
    teach_manners()
    # Components are made anew for each visit, so all of them are asked, and any kind of them.
    for component in (gradio.File(), gradio.Textbox(), gradio.Dropdown([])):
        with pytest.raises(gradio.Error, match="nothing is fetched"):
            component.move_resource_to_block_cache(address)
        with ThreadPoolExecutor(1) as pool, pytest.raises(gradio.Error, match="nothing is fetched"):
            pool.submit(asyncio.run, component.async_move_resource_to_block_cache(address)).result()


def test_a_request_that_gradio_cannot_understand_is_one_line_of_the_log(capsys: pytest.CaptureFixture[str]) -> None:
    teach_manners()
    for module in (queueing, routes):
        try:
            raise ValueError("first line\x1b[2J" + "x" * 1000 + "\nsecond line")
        except ValueError:
            module.traceback.print_exc()  # type: ignore[attr-defined]
        told = capsys.readouterr().err
        assert told.startswith("tallygate: a request failed: ValueError: first line\\u001b[2J")
        assert told.count("\n") == 1
        assert len(told) < 400


@pytest.mark.skipif(sys.platform == "win32", reason="Windows ends a program without telling it")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_stopped_program_leaves_no_file(bundle_path: Path, tmp_path: Path, number: signal.Signals) -> None:
    command = [sys.executable, "-m", "tallygate.runtime.cli", "demo", str(bundle_path)]
    environment = os.environ | {"TMPDIR": str(tmp_path)}
    environment.pop(GRADIO_FOLDER, None)
    with subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment,
        preexec_fn=lambda: signal.signal(number, signal.SIG_DFL),
    ) as process:
        try:
            assert process.stdout is not None
            address = process.stdout.readline().decode().split()[2]
            answer = httpx.post(f"{address}gradio_api/upload", files={"files": ("a.csv", b"text\ngood\n")})
            (path,) = answer.json()
            assert tmp_path in Path(path).parents
            assert Path(path).exists()
            process.send_signal(number)
            _, told = process.communicate(timeout=30)
            assert process.returncode == (0 if number is signal.SIGINT else 128 + number)
            assert b"Traceback" not in told
            assert told.count(b"\n") <= 1
            # Gradio and onnxruntime leave an empty folder and a number of theirs in every machine's temporary folder.
            left = [path.name for path in tmp_path.rglob("*") if path.is_file()]
            assert set(left) <= {".ses"}
            assert not list(tmp_path.glob("tallygate*"))
        finally:
            process.kill()


def test_a_bundle_of_another_hash_is_not_shown(bundle_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo", str(bundle_path), "--sha256", "0" * 64]) == 2
    assert capsys.readouterr().err.count("\n") == 1
