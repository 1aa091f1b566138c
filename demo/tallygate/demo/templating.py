"""HTML from templates. Everything that is put into one is escaped, so no text can become a part of the page, and in one
line without what hides or turns around what is beside it, so no name can look like another.
"""

from __future__ import annotations

from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from tallygate.runtime.terminal import printable


def _clean(value: object) -> object:
    return printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value


_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    finalize=_clean,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.filters["exactly"] = lambda text: Markup(escape(text))  # a text as it is, line ends and all
_TEMPLATES.filters["percent"] = lambda share, digits=0: f"{100 * share:.{digits}f}%"
_TEMPLATES.filters["points"] = lambda share: f"{100 * share:+.0f}".replace("-", "−")
_TEMPLATES.filters["signed"] = lambda value: f"{value:+.3f}".replace("-", "−")
_TEMPLATES.filters["power"] = lambda value: "0" if value == 0 else f"{value:.1e}".replace("e-0", "e-")
_TEMPLATES.filters["bytes"] = lambda size: f"{size / 1000:,.0f} kB" if size < 1e6 else f"{size / 1e6:,.1f} MB"

# Gradio fills a page's value into a JavaScript template, where these would be read as code.
_CODE = str.maketrans({"$": "&#36;", "{": "&#123;", "}": "&#125;", "`": "&#96;"})


def render(template: str, **context: object) -> str:
    """The HTML of ``template``, a file in ``templates/``; ``context`` is escaped where it is put in."""
    html = _TEMPLATES.get_template(template).render(**context)
    return html.translate(_CODE)
