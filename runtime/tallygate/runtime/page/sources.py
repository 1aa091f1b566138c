"""The page's parts beside the bundle: JavaScript modules joined into one script, style and frame."""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from tallygate.runtime.engines.integer import library_is_there
from tallygate.runtime.errors import EngineUnavailableError

_MEND = "install it from the checkout: pip install ./runtime/tallygate-native"
_IMPORT = re.compile(r"^(?:import|export) \{[^}]*\} from \"(?P<name>\./[\w./]+|\.\./[\w./]+)\";\n", re.MULTILINE)
_COMMENT = re.compile(r"/\*\*(?:(?!\*/).)*\*/ ?|^[ \t]*//[^\n]*\n", re.MULTILINE | re.DOTALL)
_EXPORT = re.compile(r"^export (?=async |function|class|const)", re.MULTILINE)
_SPACE = re.compile(r"\n\s+")


@dataclass(frozen=True)
class Sources:
    """What ``tallygate_native`` brings for a page."""

    frame: str
    style: str
    script: str
    simd128: bytes
    scalar: bytes


def read_sources() -> Sources:
    """Raises :class:`EngineUnavailableError` where ``tallygate_native`` is not installed, or holds no WebAssembly."""
    if not library_is_there():
        raise EngineUnavailableError("tallygate page", "tallygate_native is not installed", _MEND)
    try:
        folder: Path = import_module("tallygate_native").web_folder()
        return Sources(
            frame=(folder / "page" / "page.html").read_text("utf-8"),
            style=(folder / "page" / "page.css").read_text("utf-8"),
            script=script_of(folder / "page" / "main.js"),
            simd128=(folder / "wasm" / "simd128.wasm").read_bytes(),
            scalar=(folder / "wasm" / "scalar.wasm").read_bytes(),
        )
    except AttributeError as error:
        raise EngineUnavailableError("tallygate page", "this tallygate_native is too old for it", _MEND) from error
    except OSError as error:
        raise EngineUnavailableError(error.filename, "is missing", _MEND) from error


def script_of(main: Path) -> str:
    """``main`` and all modules that it imports as one module, each before those that need it, without comments and
    indentation.

    A page from ``file://`` may not import another file. The modules' names must differ, which the script itself shows:
    a name that stands twice is a syntax error.
    """
    texts: dict[Path, str] = {}
    _collect(main.resolve(), texts)
    joined = "\n".join(_EXPORT.sub("", _IMPORT.sub("", text)) for text in texts.values())
    return _SPACE.sub("\n", _COMMENT.sub("", joined))


def _collect(module: Path, texts: dict[Path, str]) -> None:
    if module in texts:
        return
    text = module.read_text("utf-8")
    for found in _IMPORT.finditer(text):
        _collect((module.parent / found["name"]).resolve(), texts)
    texts[module] = text
