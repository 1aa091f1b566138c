"""The goldens of a bundle: texts, their ids, and what was answered to them; read within bounds."""

from __future__ import annotations

from typing import Annotated

import msgspec

from tallygate.runtime.bundle.json_keys import check_keys
from tallygate.runtime.bundle.limits import MAX_GOLDEN_IDS, MAX_GOLDEN_NON_ASCII, MAX_GOLDENS
from tallygate.runtime.bundle.manifest import Manifest

Logit = Annotated[float, msgspec.Meta(ge=-3.4028234e38, le=3.4028234e38)]
"""What float32 holds."""


class Golden(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One line of ``golden.jsonl``: a text and what the reference answers to it."""

    text: str
    ids: list[int]
    logits: list[Logit]
    """Of PyTorch in float32, for this text alone."""
    variants: dict[str, list[Logit]] = msgspec.field(default_factory=dict)
    """What variants with rounded weights answered at export, by name."""


def goldens_from_jsonl(data: bytes, manifest: Manifest) -> list[Golden]:
    """Read ``golden.jsonl`` and hold it to the manifest. Raises ``ValueError`` or what msgspec raises."""
    if data.count(b"\n") > MAX_GOLDENS:
        raise ValueError(f"there are more than {MAX_GOLDENS:,} rows")
    goldens = msgspec.json.Decoder(Golden).decode_lines(data)
    check_keys(data, msgspec.json.Decoder().decode_lines(data))
    _check_texts(goldens)
    _check_ids(goldens, manifest.vocabulary_rows)
    _check_logits(goldens, manifest)
    return goldens


def _check_texts(goldens: list[Golden]) -> None:
    if sum(len(golden.text.encode("utf-8")) - len(golden.text) for golden in goldens) > MAX_GOLDEN_NON_ASCII:
        raise ValueError(f"its texts have more than {MAX_GOLDEN_NON_ASCII:,} bytes beyond one per character")


def _check_ids(goldens: list[Golden], rows: int) -> None:
    if not goldens or not all(golden.ids for golden in goldens):
        raise ValueError("every row needs ids")
    if sum(len(golden.ids) for golden in goldens) > MAX_GOLDEN_IDS:
        raise ValueError(f"there are more than {MAX_GOLDEN_IDS:,} ids in all")
    if not all(min(golden.ids) > 0 and max(golden.ids) < rows for golden in goldens):
        raise ValueError(f"every id must be from 1 to {rows - 1:,}")


def _check_logits(goldens: list[Golden], manifest: Manifest) -> None:
    outputs = manifest.outputs
    answers = [logits for golden in goldens for logits in (golden.logits, *golden.variants.values())]
    if any(len(logits) != outputs for logits in answers):
        raise ValueError(f"every row needs {outputs} logits")
    if len({tuple(golden.variants) for golden in goldens}) > 1:
        raise ValueError("every row needs the answers of the same variants")
    # A variant under another name would be held to that one's gate, which may be wider.
    if missing := sorted(set(goldens[0].variants).difference(manifest.variants)):
        raise ValueError(f"it holds the answers of a variant {missing[0]!r}, which is not in the bundle")
