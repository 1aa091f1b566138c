"""The door of the page: who may ask, for what, and how much; and what browsers are told.

A page on this machine is reached by every page that the visitor's browser has open, unless it looks at the request:

- DNS rebinding: a foreign name is made to mean 127.0.0.1. The browser then sends the foreign name as ``Host``.
- Cross-site requests: a foreign page sends forms or scripts here. The browser then says so in ``Origin`` and
  ``Sec-Fetch-Site`` (W3C, Fetch Metadata Request Headers).
- Frames: a foreign page shows this one inside itself and has it clicked. ``frame-ancestors`` forbids that.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tallygate.demo.limits import FILE_BYTES, REQUEST_BYTES, STORED_BYTES
from tallygate.demo.manners import tell_fault

LOCAL_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; worker-src 'self' blob:; "
    "object-src 'none'; frame-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
"""What a browser may load for the page, send its forms to and show it in (W3C, Content Security Policy Level 3).

Gradio's own scripts need the unsafe words: its page holds a script, and it compiles ``js_on_load``.
"""
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
FORM_BYTES = 2**16
"""What a form adds to the file in it."""
_UPLOAD = re.compile(r"/gradio_api/upload/?")
_SERVED = re.compile(
    r"/(?:(?:config|login|logout)/?|theme\.css|robots\.txt|favicon\.ico|manifest\.json|pwa_icon(?:/\d+)?"
    r"|monitoring/summary|(?:assets|static|svelte)/.*)?"
    r"|/gradio_api/(?:(?:info|user|token|login_check|app_id|reset|cancel|upload|queue/join|queue/data)/?"
    r"|openapi\.json|startup-events|upload_progress|mcp/schema|theme\.css|heartbeat/[^/]+"
    r"|(?:call|run|api)/.*|file=(?!.*://).*)",
    re.DOTALL,
)
"""The paths that the page and its clients need. The others are Gradio's for what is not used here, above all those by
which it fetches addresses for a visitor."""

Refusal = tuple[int, str]
"""A status of HTTP, and why in one line."""


class Guard:
    """Refuses what no visitor of the page would send, before Gradio sees it; adds HEADERS to every answer."""

    def __init__(self, app: ASGIApp, names: Iterable[str] = (), stored: Callable[[], int] = lambda: 0) -> None:
        """``names`` are hosts beside this machine's own, ``NAME`` or ``NAME:PORT``; ``stored`` tells the bytes of all
        visitors' files. A list given as ``names`` may grow later.
        """
        self._app, self._names, self._stored = app, names, stored
        self._coming = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            # Gradio has no web sockets; what is left is its start and stop.
            if scope["type"] == "lifespan":
                await self._app(scope, receive, send)
            return

        begun = False

        async def send_with_headers(message: Message) -> None:
            nonlocal begun
            begun = True
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(HEADERS)
            await send(message)

        headers = Headers(scope=scope)
        size = _length(headers)
        refusal = self._refusal(scope, headers) or self._too_much(scope, headers, size)
        if refusal is not None:
            await PlainTextResponse(f"{refusal[1]}\n", refusal[0])(scope, receive, send_with_headers)
            return
        self._coming += size
        try:
            await self._app(scope, receive, send_with_headers)
        except Exception as error:  # whatever a request makes Gradio raise ends here, in one line of the log
            tell_fault(error)
            if not begun:
                await PlainTextResponse("This request failed.\n", 500)(scope, receive, send_with_headers)
        finally:
            self._coming -= size

    def _refusal(self, scope: Scope, headers: Headers) -> Refusal | None:
        """Why this request is none of a visitor's, from where it came and what it asks for."""
        hosts, origin = headers.getlist("host"), headers.get("origin")
        if len(hosts) != 1 or not self._is_ours(hosts[0]):
            asked = ascii(hosts[0][:100]) if hosts else "none"
            return 421, f"The name {asked} is not this page's; if it is, start the demo with --host and that name."
        if origin is not None and not self._may_send(origin, hosts[0]):
            return 403, "A page from elsewhere may not ask this one."
        site = headers.get("sec-fetch-site", "same-origin")
        if site not in ("same-origin", "none") and not _is_followed_link(scope, headers):
            return 403, "A page from elsewhere may not ask this one."
        if not _SERVED.fullmatch(scope["path"]):
            return 404, "There is nothing here."
        return None

    def _is_ours(self, host: str) -> bool:
        name, _ = _name_and_port(f"//{host}")
        return name in LOCAL_NAMES or self._is_named(f"//{host}")

    def _is_named(self, address: str) -> bool:
        name, port = _name_and_port(address)
        pairs = [_name_and_port(f"//{given}") for given in self._names]
        return bool(name) and any(name == own and own_port in (None, port) for own, own_port in pairs)

    def _may_send(self, origin: str, host: str) -> bool:
        """Whether a page of that origin may: this page itself, or one of the names that were given.

        A proxy that speaks for this page may put its own address for us into ``Host``, so the two need not be equal.
        """
        if not origin.lower().startswith(("http://", "https://")):
            return False
        default = 443 if origin.lower().startswith("https://") else 80
        name, port = _name_and_port(origin)
        own, own_port = _name_and_port(f"//{host}")
        same = bool(name) and name == own and (port or default) == (own_port or default)
        return same or self._is_named(origin)

    def _too_much(self, scope: Scope, headers: Headers, size: int) -> Refusal | None:
        """Why the body of this request is not read."""
        if "transfer-encoding" in headers:
            return 411, "Say with Content-Length how much is coming."
        if not _UPLOAD.fullmatch(scope["path"]):
            return (413, f"A request has at most {REQUEST_BYTES // 2**20} MiB.") if size > REQUEST_BYTES else None
        if size > FILE_BYTES + FORM_BYTES:
            return 413, f"A file has at most {FILE_BYTES // 2**20} MiB."
        if self._stored() + self._coming + size > STORED_BYTES:
            return 507, "There is no room for more files; try again when others have finished."
        return None


def _is_followed_link(scope: Scope, headers: Headers) -> bool:
    """Whether somebody followed a link to the page itself: a new document in the window, which nothing is sent with."""
    seen = headers.get("sec-fetch-mode") == "navigate" and headers.get("sec-fetch-dest") == "document"
    return bool(seen and scope["method"] in ("GET", "HEAD") and scope["path"] == "/")


def _name_and_port(address: str) -> tuple[str, int | None]:
    """Host and port of an address, lower case; an empty name where it cannot be one."""
    try:
        parts = urlsplit(address)
        if parts.username is not None or parts.path or parts.query or parts.fragment:
            return "", None
        return (parts.hostname or "").removesuffix("."), parts.port
    except ValueError:
        return "", None


def _length(headers: Headers) -> int:
    """Bytes of the body, as its sender says; uvicorn holds the sender to it."""
    text = headers.get("content-length", "0")
    return int(text) if text.isdecimal() and len(text) < 20 else REQUEST_BYTES + FILE_BYTES + STORED_BYTES
