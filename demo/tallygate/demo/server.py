"""Serving the page: on this machine only, and so that the browser asks no other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

import gradio as gr
from gradio.tunneling import CURRENT_TUNNELS
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tallygate.demo.guard import Guard
from tallygate.demo.limits import FILE_BYTES
from tallygate.demo.manners import teach_manners
from tallygate.demo.passwords import Doorkeeper
from tallygate.demo.theme import CSS, theme
from tallygate.demo.workspace import Workspace
from tallygate.runtime.errors import UsageError

ADDRESS = "127.0.0.1"


def serve(
    app: gr.Blocks,
    workspace: Workspace,
    port: int | None = None,
    passwords: dict[str, str] | None = None,
    names: Sequence[str] = (),
    share: bool = False,
) -> str:
    """Start serving in the background and return the address; a public one when ``share``.

    Without ``port`` the first free one from 7860 is taken. ``names`` are the hosts beside this machine's own under
    which the page may be asked for. Raises :class:`UsageError` when the port is taken.
    """
    teach_manners()
    known = list(names)
    guard = Middleware(Guard, names=known, stored=lambda: workspace.stored)
    options: dict[str, Any] = {"app_kwargs": {"middleware": [guard]}}
    try:
        served, local, public = app.launch(
            server_name=ADDRESS,
            server_port=port,
            share=share,
            auth=Doorkeeper(passwords).admits if passwords else None,  # type: ignore[arg-type]
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
    if public:
        known.append(str(urlsplit(public).netloc))
    # Gradio's page of the endpoints asks for this, and browsers report a 404 as an error; a 300 says no as well.
    served.router.routes.insert(0, Route("/gradio_api/mcp/schema", _no_mcp))
    return str(public or local)


def stop(app: gr.Blocks) -> None:
    """Stop serving, here and at the public address."""
    app.close(verbose=False)
    for tunnel in CURRENT_TUNNELS:
        tunnel.kill()  # type: ignore[no-untyped-call]


def _no_mcp(_request: Request) -> Response:
    return Response(status_code=300)
