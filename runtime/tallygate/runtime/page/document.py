"""The page itself: frame, style, script and payload in one file, under a policy that forbids every request."""

from __future__ import annotations

import base64
import hashlib
import html
import re
from collections.abc import Sequence

import msgspec

from tallygate.runtime.page.contents import PageContents, image_sha256
from tallygate.runtime.page.packing import Part, image_part, part_beside, payload_of, plain_part
from tallygate.runtime.page.sources import Sources

_PLACE = re.compile(r"\{\{(\w+)\}\}")


def page_of(contents: PageContents, sources: Sources) -> str:
    """The HTML of the page; the same contents give the same bytes."""
    parts = parts_of(contents, sources)
    return document_of(contents, sources, [part.facts() for part in parts], payload_of(parts))


def parts_of(contents: PageContents, sources: Sources) -> list[Part]:
    """What the page needs, in the order of its payload."""
    simd128 = plain_part("simd128", sources.simd128)
    return [
        image_part("image", contents.image),
        simd128,
        part_beside("scalar", sources.scalar, simd128),
        plain_part("golden texts", msgspec.json.encode(list(contents.texts))),
    ]


def document_of(contents: PageContents, sources: Sources, facts: Sequence[object], payload: str) -> str:
    """The page around a payload whose parts are as ``facts`` say."""
    script = f"globalThis.TALLYGATE_FACTS = {_script_json(_facts(contents, facts))};\n{sources.script}"
    # The newlines around it belong to what the browser hashes, so there are none.
    values = {
        "policy": _policy(script, sources.style),
        "version": html.escape(contents.created_with),
        "title": html.escape(contents.name),
        "style": sources.style,
        "script": script,
        "payload": payload,
    }
    return _PLACE.sub(lambda found: values[found[1]], sources.frame)


def _facts(contents: PageContents, parts: Sequence[object]) -> dict[str, object]:
    return {
        "name": contents.name,
        "labels": list(contents.labels),
        "createdWith": contents.created_with,
        "bundleSha256": contents.bundle_sha256,
        "imageSha256": image_sha256(contents.image),
        "goldenLogits": contents.golden_logits,
        "answers": contents.answers,
        "goldens": contents.goldens,
        "asked": contents.asked,
        "words": {"count": contents.words.words, "size": contents.words.size, "every": contents.words.every},
        "score": contents.score,
        "examples": list(contents.examples),
        "parts": list(parts),
    }


def _script_json(value: object) -> str:
    """JSON that cannot end the script, nor a line of it, whatever a bundle's names and texts hold."""
    text = msgspec.json.encode(value).decode("utf-8")
    return re.sub("[<>&\u2028\u2029]", lambda found: f"\\u{ord(found[0]):04x}", text)


def _policy(script: str, style: str) -> str:
    """Nothing but this script and this style, the worker that the script makes, and WebAssembly."""
    rules = {
        "default-src": "'none'",
        "script-src": f"'{_hash(script)}' 'wasm-unsafe-eval'",
        "style-src": f"'{_hash(style)}'",
        "worker-src": "blob:",
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"sha256-{base64.b64encode(digest).decode('ascii')}"
