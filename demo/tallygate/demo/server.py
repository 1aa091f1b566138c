"""Serving the page: on this machine only, and so that the browser asks no other."""

from __future__ import annotations

from typing import Any

import gradio as gr
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tallygate.demo.limits import FILE_BYTES
from tallygate.demo.theme import CSS, theme
from tallygate.runtime.errors import UsageError

HOST = "127.0.0.1"
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; worker-src 'self' blob:; object-src 'none'; base-uri 'self'"
)
"""What a browser may load for the page: only what this server gives. Gradio's own scripts need the unsafe words."""


class ContentPolicy:
    """Adds the policy to every answer (W3C, Content Security Policy Level 3)."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""

        async def send_with_policy(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["Content-Security-Policy"] = POLICY
                headers["Referrer-Policy"] = "same-origin"
                headers["X-Content-Type-Options"] = "nosniff"
            await send(message)

        await self._app(scope, receive, send_with_policy)


def serve(
    app: gr.Blocks, port: int | None = None, auth: list[tuple[str, str]] | None = None, share: bool = False
) -> str:
    """Start serving in the background and return the address; a public one when ``share``.

    Without ``port`` the first free one from 7860 is taken. Raises :class:`UsageError` when the port is taken.
    """
    options: dict[str, Any] = {"app_kwargs": {"middleware": [Middleware(ContentPolicy)]}}
    try:
        served, local, public = app.launch(
            server_name=HOST,
            server_port=port,
            share=share,
            auth=auth,
            max_file_size=FILE_BYTES,
            theme=theme(),
            css_paths=[CSS],
            footer_links=["api", "settings"],
            prevent_thread_lock=True,
            quiet=True,
            ssr_mode=False,
            pwa=False,
            mcp_server=False,
            run_history=False,
            **options,
        )
    except OSError as error:
        wanted = f"port {port}" if port else "the ports from 7860 on"
        raise UsageError(wanted, "cannot be listened on, they may be taken", "name another with --port") from error
    # Gradio's page of the endpoints asks for this, and browsers report a 404 as an error; a 300 says no as well.
    served.router.routes.insert(0, Route("/gradio_api/mcp/schema", _no_mcp))
    return str(public or local)


def _no_mcp(_request: Request) -> Response:
    return Response(status_code=300)
