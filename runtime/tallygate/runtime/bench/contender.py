"""What takes part in a benchmark: anything that answers texts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tallygate.runtime.bundle import Bundle
from tallygate.runtime.classifier import Classifier
from tallygate.runtime.engines import ENGINES, available_engines, create_engine
from tallygate.runtime.errors import EngineUnavailableError, GateError, UsageError

BATCH_SIZES = (1, 4, 8, 16, 32)
"""Texts per run of the engine that are tried."""
_BATCH_SIZES_OF = {"numpy": (32, 128), "native": (1024,)}
"""Instead, for an engine whose cost is in its steps and not in its rows, and for one that fills its own slots."""


@dataclass(frozen=True)
class Contender:
    """One way to answer texts. Tokenising is part of every answer."""

    name: str
    """As the table shows it."""
    engine: str
    precision: str
    provider: str
    threads: int
    answer_one: Callable[[str], object]
    """Answers one text."""
    answer_many: Callable[[Sequence[str], int], object]
    """Answers texts in batches of the given size."""
    batch_sizes: Sequence[int] = BATCH_SIZES
    """Sizes that are tried."""
    size: int | None = None
    """Bytes of its file."""
    accuracy: float | None = None
    """Share of right labels, where it is known."""
    batch_invariant: bool = True
    """Whether a text's answer is the same in every batch."""
    arguments: Sequence[str] = ()
    """Arguments with which ``tallygate predict`` runs it in a new process; empty where it cannot."""


def contenders_of_bundle(
    bundle: Bundle,
    threads: Sequence[int] = (1,),
    engine: str = "auto",
    precision: str | None = None,
    kernels: Sequence[str | None] = (None,),
) -> tuple[list[Contender], dict[str, str]]:
    """Every variant of ``bundle`` on every engine that is here (or on ``engine``), with each number of threads, and on
    the C core with each of ``kernels``; ``None`` is the one that it takes by itself.

    Gives as well what of ``auto`` cannot run here, and why; so of several kernels those that answer otherwise. Raises
    :class:`EngineUnavailableError` where nothing can, or where ``engine`` was named and is not there.
    """
    contenders, absent = [], {}
    for name, variant_name, kernel in _parts(bundle, engine, precision, kernels):
        try:
            # numpy's threads are those of its linear algebra library, which nobody can set after it was loaded.
            counts = threads if name != "numpy" else (1,)
            contenders += [_of_variant(bundle, name, variant_name, count, kernel) for count in counts]
        except (EngineUnavailableError, GateError) as error:
            is_one_of_several = kernel is not None and len(kernels) > 1
            if not is_one_of_several and (engine != "auto" or isinstance(error, GateError)):
                raise
            absent[f"{name} {variant_name}" + (f", {kernel}" if kernel else "")] = f"{error.reason}; {error.mend}"
    if not contenders:
        reason = f"has no variant {precision or 'at all'} that engine {engine} can run here"
        raise EngineUnavailableError(bundle.path, reason, "see: tallygate doctor")
    return contenders, absent


def _parts(
    bundle: Bundle, engine: str, precision: str | None, kernels: Sequence[str | None]
) -> list[tuple[str, str, str | None]]:
    if engine not in ENGINES:
        raise UsageError(f"engine {engine!r}", "is unknown", f"choose one of {', '.join(ENGINES)}")
    names = available_engines() if engine == "auto" else [engine]
    return [
        (name, variant_name, kernel)
        for variant_name, variant in bundle.manifest.variants.items()
        for name in names
        if name in variant.engines and precision in (None, variant_name)
        for kernel in (kernels if name == "native" else (None,))
    ]


def _of_variant(bundle: Bundle, engine_name: str, variant_name: str, threads: int, kernel: str | None) -> Contender:
    variant = bundle.manifest.variants[variant_name]
    engine = create_engine(bundle, engine_name, variant_name, threads, kernel=kernel)
    classifier = Classifier(bundle, engine)
    chosen = ["--engine", engine_name, "--precision", variant_name, *(["--kernel", kernel] if kernel else [])]
    pinned = ["--bundle", str(bundle.path), "--sha256", bundle.sha256]
    return Contender(
        name=f"{engine_name} {variant_name}"
        + (f", {kernel}" if kernel else "")
        + (f", {threads} threads" if threads > 1 else ""),
        engine=engine_name,
        precision=variant_name,
        provider=engine.provider,
        threads=threads,
        answer_one=classifier.predict,
        answer_many=lambda texts, batch_size: classifier.with_batch_size(batch_size).predict(list(texts)),
        batch_sizes=_BATCH_SIZES_OF.get(engine_name, BATCH_SIZES),
        size=bundle.manifest.files[variant.file].size,
        accuracy=_accuracy(bundle, variant_name),
        batch_invariant=variant.batch_invariant,
        arguments=[*pinned, *chosen, "--threads", str(threads)],
    )


def _accuracy(bundle: Bundle, variant_name: str) -> float | None:
    score = bundle.manifest.variants[variant_name].accuracy
    return score.accuracy if score else None
