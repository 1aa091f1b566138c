"""Requests that no visitor of the demo would send, each refused before Gradio sees it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

pytest.importorskip("gradio", reason="needs the extra [demo]")

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from tallygate.demo.guard import HEADERS, Guard
from tallygate.demo.limits import FILE_BYTES, REQUEST_BYTES, STORED_BYTES

NAMES = ["demo.example", "other.example:8443"]


class Behind:
    """An application that notes what reaches it, behind the guard."""

    def __init__(self, names: list[str] | None = None) -> None:
        self.reached: list[str] = []
        self.stored = 0
        inner = Starlette(routes=[Route("/{path:path}", self.answer, methods=["GET", "POST", "OPTIONS"])])
        self.client = TestClient(Guard(inner, names or (), lambda: self.stored), "http://127.0.0.1:7860")

    async def answer(self, request: Request) -> PlainTextResponse:
        self.reached.append(request.url.path)
        return PlainTextResponse("reached")

    def ask(self, path: str = "/", method: str = "GET", **headers: str) -> int:
        return self.client.request(
            method, path, headers={name.replace("_", "-"): text for name, text in headers.items()}
        ).status_code


@pytest.fixture
def behind() -> Iterator[Behind]:
    behind = Behind(NAMES)
    yield behind
    assert behind.reached == []


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:7860",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "evil.example.localhost",
        "localhost@evil.example",
        "evil.example/localhost",
        "evil.example#localhost",
        "demo.example.evil.example",
        "xdemo.example",
        "other.example",
        "other.example:7860",
        "[::2]",
        "[",
        "0.0.0.0",
        "",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_dns_rebinding_is_refused(behind: Behind, host: str, method: str) -> None:
    assert behind.ask(method=method, host=host) == 421


def test_two_hosts_at_once_are_refused(behind: Behind) -> None:
    headers = [("host", "127.0.0.1:7860"), ("host", "evil.example")]
    assert behind.client.get("/", headers=headers).status_code == 421


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example",
        "https://evil.example",
        "null",
        "http://127.0.0.1:3000",
        "http://localhost:7860",
        "http://127.0.0.1:7860.evil.example",
        "http://127.0.0.1:7860@evil.example",
        "file://127.0.0.1:7860",
        "http://",
        "",
    ],
)
@pytest.mark.parametrize("path", ["/gradio_api/queue/join", "/gradio_api/run/classify", "/gradio_api/upload", "/login"])
def test_a_request_from_another_origin_is_refused(behind: Behind, origin: str, path: str) -> None:
    assert behind.ask(path, "POST", origin=origin) == 403
    assert behind.ask(path, "OPTIONS", origin=origin, access_control_request_method="POST") == 403


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
@pytest.mark.parametrize(
    ("path", "mode", "target"),
    [
        ("/gradio_api/queue/data", "no-cors", "image"),
        ("/config", "no-cors", "script"),
        ("/logout", "navigate", "document"),
        ("/", "navigate", "iframe"),
        ("/", "navigate", "object"),
        ("/", "cors", "empty"),
    ],
)
def test_a_request_that_a_foreign_page_makes_is_refused(
    behind: Behind, site: str, path: str, mode: str, target: str
) -> None:
    headers = {"sec_fetch_site": site, "sec_fetch_mode": mode, "sec_fetch_dest": target}
    assert behind.ask(path, **headers) == 403


def test_a_form_that_a_foreign_page_sends_is_refused(behind: Behind) -> None:
    headers = {"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate", "sec_fetch_dest": "document"}
    assert behind.ask("/", "POST", **headers) == 403


@pytest.mark.parametrize(
    "path",
    [
        "/gradio_api/proxy=https://evil.example/",
        "/gradio_api/file=https://evil.example/",
        "/gradio_api/file=HTTP://evil.example/",
        "/gradio_api/component_server",
        "/gradio_api/vibe-edit",
        "/gradio_api/deep_link",
        "/gradio_api/process_recording",
        "/gradio_api/custom_component/1/server/component/x",
        "/gradio_api/stream/1/1/1/playlist.m3u8",
        "/docs",
        "/openapi.json",
    ],
)
def test_what_the_page_does_not_use_is_not_there(behind: Behind, path: str) -> None:
    assert behind.ask(path) == 404


def test_a_file_beyond_the_limit_is_refused_unread(behind: Behind) -> None:
    assert behind.ask("/gradio_api/upload", "POST", content_length=str(FILE_BYTES + 2**20)) == 413


@pytest.mark.parametrize("size", [str(REQUEST_BYTES + 1), "9" * 30, "-1", "x", "1e3"])
def test_a_large_or_unbelievable_request_is_refused_unread(behind: Behind, size: str) -> None:
    assert behind.ask("/gradio_api/queue/join", "POST", content_length=size) == 413


def test_a_body_of_unknown_size_is_refused(behind: Behind) -> None:
    assert behind.client.post("/gradio_api/upload", content=iter([b"x"])).status_code == 411


def test_uploads_beyond_the_room_for_all_are_refused(behind: Behind) -> None:
    behind.stored = STORED_BYTES - 10
    assert behind.ask("/gradio_api/upload", "POST", content_length="11") == 507


def test_uploads_at_the_same_time_count_together() -> None:
    codes = []

    async def answer(_request: Request) -> PlainTextResponse:
        if not codes:
            codes.append(0)
            # Half the room is on its way; so much again and a little more is too much.
            again = TestClient(guard, "http://127.0.0.1:7860")
            codes[0] = again.post("/gradio_api/upload", headers={"content-length": str(half + 1)}).status_code
        return PlainTextResponse("reached")

    half = FILE_BYTES // 2
    inner = Starlette(routes=[Route("/gradio_api/upload", answer, methods=["POST"])])
    guard = Guard(inner, stored=lambda: STORED_BYTES - 2 * half)
    client = TestClient(guard, "http://127.0.0.1:7860")
    assert client.post("/gradio_api/upload", headers={"content-length": str(half)}).status_code == 200
    assert codes == [507]
    assert client.post("/gradio_api/upload", headers={"content-length": str(half)}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"host": "localhost:9000"},
        {"host": "LOCALHOST"},
        {"host": "[::1]:7860"},
        {"host": "demo.example"},
        {"host": "demo.example:99"},
        {"host": "other.example:8443"},
        {"origin": "http://127.0.0.1:7860"},
        {"host": "localhost:9000", "origin": "http://localhost:9000"},
        {"host": "demo.example", "origin": "https://demo.example"},
        {"origin": "https://other.example:8443"},
        {"sec_fetch_site": "same-origin"},
        {"sec_fetch_site": "none", "sec_fetch_mode": "navigate"},
        {"sec_fetch_site": "cross-site", "sec_fetch_mode": "navigate", "sec_fetch_dest": "document"},
    ],
)
def test_visitors_are_let_in(headers: dict[str, str]) -> None:
    behind = Behind(NAMES)
    assert behind.ask(**headers) == 200
    assert behind.reached == ["/"]


def test_no_frame_and_no_foreign_form_may_hold_the_page() -> None:
    behind = Behind()
    for answer in (behind.client.get("/"), behind.client.get("/", headers={"host": "evil.example"})):
        policy = answer.headers["content-security-policy"].split("; ")
        assert {"frame-ancestors 'none'", "form-action 'self'", "object-src 'none'", "connect-src 'self'"} <= {*policy}
        assert answer.headers["x-frame-options"] == "DENY"
        assert {*map(str.lower, HEADERS)} <= {*answer.headers}


def test_a_request_that_fails_behind_the_door_is_told_in_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    async def fail(_request: Request) -> PlainTextResponse:
        raise UnicodeEncodeError("utf-8", "\ud83d", 0, 1, "surrogates not allowed")

    client = TestClient(Guard(Starlette(routes=[Route("/", fail)])), "http://127.0.0.1:7860")
    assert client.get("/").status_code == 500
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "Traceback" not in told
