"""The doctor on a bundle: each of its variants is really loaded on each of its engines and answers the goldens."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from tallygate.runtime.bundle import Bundle, open_bundle
from tallygate.runtime.doctor.finding import Finding
from tallygate.runtime.engines import create_engine
from tallygate.runtime.errors import EngineUnavailableError, TallygateError, UsageError
from tallygate.runtime.machine import kept_settings
from tallygate.runtime.parity import check_goldens


def bundle_findings(path: str | Path | None, sha256: str | None = None) -> Iterator[Finding]:
    """What of the bundle runs here; ``sha256`` pins it."""
    try:
        bundle = open_bundle(path, sha256)
    except TallygateError as error:
        text = f"{error.thing}: {error.reason}"
        yield Finding(topic="bundle", name="bundle", status="problem", text=text, mend=error.mend)
        return
    yield Finding(topic="bundle", name="bundle", status="ok", text=f"{bundle.manifest.name} at {bundle.path}")
    for name, variant in bundle.manifest.variants.items():
        for engine in variant.engines:
            yield _try(bundle, engine, name)
    yield _settings(bundle)


def _try(bundle: Bundle, engine: str, precision: str) -> Finding:
    name = f"{precision} on {engine}"
    try:
        created = create_engine(bundle, engine, precision)
        check_goldens(bundle, bundle.tokenizer, created, again=True)
    except (EngineUnavailableError, UsageError) as error:
        return Finding(topic="bundle", name=name, status="absent", text=error.reason, mend=error.mend)
    except TallygateError as error:
        return Finding(topic="bundle", name=name, status="problem", text=error.reason, mend=error.mend)
    return Finding(
        topic="bundle", name=name, status="ok", text=f"answers every golden row as it should ({created.provider})"
    )


def _settings(bundle: Bundle) -> Finding:
    tuned = kept_settings(bundle.sha256)
    if tuned is None:
        text, mend = "none measured here; auto uses defaults", "run: tallygate bench --autotune"
        return Finding(topic="bundle", name="settings", status="absent", text=text, mend=mend)
    kernel = f", kernel {tuned.kernel}" if tuned.kernel else ""
    text = (
        f"auto is {tuned.precision} on {tuned.engine}{kernel}, threads {tuned.threads}, batches of {tuned.batch_size}"
    )
    return Finding(topic="bundle", name="settings", status="ok", text=text)
