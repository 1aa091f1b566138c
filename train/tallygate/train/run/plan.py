"""Which run the user asks for, and whether its folder may be used for it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import msgspec

from tallygate.runtime.errors import CheckpointError, OutputError, UsageError
from tallygate.runtime.machine import check_threads
from tallygate.runtime.version import VERSION
from tallygate.train.corpora import Corpus, DataSource, check_numbers
from tallygate.train.folder import LAYOUT, RunFacts
from tallygate.train.network import resolve_device, resolve_precision
from tallygate.train.presets import AUTO, Preset, load_preset, preset_for_corpus
from tallygate.train.scores import metrics_from_jsonl

_ANOTHER = "name another folder with --out"


@dataclass(frozen=True, kw_only=True)
class TrainOptions:
    """What ``tallygate train`` was given; ``None`` is what was not given."""

    preset: str | None = None
    data: str | None = None
    data_dir: str | None = None
    text_column: str | None = None
    label_column: str | None = None
    unlabeled: str | None = None
    teacher: str | None = None
    out: str | None = None
    resume: bool = False
    seed: int | None = None
    epochs: int | None = None
    threads: int | None = None
    device: str | None = None
    skip_bad: bool = False
    validation: int | float | str | None = None
    test: int | float | str | None = None
    encoding: str | None = None
    streamable: bool = False


@dataclass(frozen=True)
class RunPlan:
    """A run that may begin or go on."""

    folder: Path
    facts: RunFacts
    is_new: bool
    is_prolonged: bool = False
    """Whether it has more epochs than the stored one, which may be finished."""
    corpus: Corpus | None = None
    """Where it had to be read to decide on the preset."""


def plan_run(options: TrainOptions) -> RunPlan:
    """Decide on the run and its folder; writes nothing.

    A run that is resumed may be given more epochs. Its schedule is then that of so many: the learning rate goes on from
    where it would be at that step, so it rises again where it had fallen.

    Raises :class:`CheckpointError` when the folder holds another run or none to resume, :class:`OutputError` when
    it exists and ``resume`` was not asked for, :class:`PresetError` and :class:`UsageError` for impossible options.
    """
    least = {"epochs": 1, "seed": 0}
    check_threads(1 if options.threads is None else options.threads, "--threads")
    check_numbers({name: (getattr(options, name), minimum) for name, minimum in least.items()})
    if options.streamable and _preset_of(options) != AUTO:
        mend = "set bidirectional = false in [model] of your preset instead"
        raise UsageError("--streamable", "belongs to the preset auto", mend)
    folder = run_folder(options)
    stored = RunFacts.read(folder)
    if stored is None:
        _check_empty(folder, options)
        corpus = _new_source(options).load() if _preset_of(options) == AUTO else None
        return RunPlan(folder, _new_facts(options, corpus), is_new=True, corpus=corpus)
    if not options.resume:
        _refuse_existing(folder, stored, options)
    wanted = _resumed_facts(options, stored)
    is_prolonged = wanted.preset.training.epochs > stored.preset.training.epochs
    if difference := describe_difference(_prolonged(stored, options) if is_prolonged else stored, wanted):
        raise CheckpointError(folder, f"holds another run ({difference})", _ANOTHER)
    if is_prolonged:
        _check_can_prolong(folder, stored)
    return RunPlan(folder, wanted, is_new=False, is_prolonged=is_prolonged)


def _prolonged(stored: RunFacts, options: TrainOptions) -> RunFacts:
    return msgspec.structs.replace(stored, preset=_with_overrides(stored.preset, options, stored))


def _check_can_prolong(folder: Path, stored: RunFacts) -> None:
    """``--epochs`` are those of the first stage, of which nothing is left once the next one has begun."""
    path = folder / LAYOUT.metrics
    if (stored.preset.tuning is None and stored.preset.short is None) or not path.is_file():
        return
    try:
        history = metrics_from_jsonl(path.read_bytes())
    except (OSError, ValueError) as error:
        raise CheckpointError(
            path, f"is damaged ({error})", "resume without --epochs, which writes it again"
        ) from error
    if any(metrics.stage != "training" for metrics in history):
        reason = f"the second stage of {stored.preset_name} has begun, so the first one cannot be prolonged"
        raise CheckpointError(folder, reason, f"leave --epochs out, or {_ANOTHER}")


def run_folder(options: TrainOptions) -> Path:
    """Where the run lives: ``out``, or ``runs/<data>-<preset>``."""
    if options.out is not None:
        return Path(options.out)
    return Path("runs") / f"{_new_source(options).name}-{_name(_preset_of(options))}"


def default_preset(data: str) -> str:
    """The preset for a corpus when none is named: a user's own data decides on its own."""
    return {"mini": "tiny", "imdb": "seed"}.get(data, AUTO)


def describe_difference(stored: RunFacts, wanted: RunFacts) -> str | None:
    """The first thing in which a stored run is not the wanted one, ``None`` when they are the same."""
    pairs = {
        "preset": (stored.preset_name, wanted.preset_name),
        "data": (stored.data.name, wanted.data.name),
        "seed": (stored.preset.training.seed, wanted.preset.training.seed),
        "epochs": (stored.preset.training.epochs, wanted.preset.training.epochs),
        "threads": (stored.threads, wanted.threads),
        "device": (stored.device, wanted.device),
        "teacher": (stored.teacher, wanted.teacher),
    }
    for name, (old, new) in pairs.items():
        if old != new:
            return f"{name} {old}, not {new}"
    if stored.preset != wanted.preset:
        return f"another preset of the name {stored.preset_name}"
    # The data may have moved to another folder: its content is compared before training goes on.
    same = stored.data.without_paths() == wanted.data.without_paths()
    return None if same else "other columns, held-out or unlabelled texts, --encoding or --skip-bad"


def _preset_of(options: TrainOptions) -> str:
    return options.preset or default_preset(options.data or "mini")


def _new_source(options: TrainOptions) -> DataSource:
    return _data_source(DataSource(data=options.data or "mini"), options)


def _new_facts(options: TrainOptions, corpus: Corpus | None) -> RunFacts:
    """``corpus`` decides on the preset where it is given."""
    name = _preset_of(options)
    decided = load_preset(name) if corpus is None else preset_for_corpus(corpus, options.streamable)
    preset = _with_overrides(decided, options)
    device = resolve_device(options.device or "auto")
    return RunFacts(
        preset_name=_name(name),
        preset=preset,
        data=_new_source(options),
        teacher=options.teacher,
        threads=options.threads or 1,
        precision=resolve_precision(preset.training.precision, device),
        device=device,
        created_with=VERSION,
    )


def _resumed_facts(options: TrainOptions, stored: RunFacts) -> RunFacts:
    given = options.preset
    preset = stored.preset if given is None or given == stored.preset_name == AUTO else load_preset(given)
    return msgspec.structs.replace(
        stored,
        preset_name=_name(options.preset) if options.preset else stored.preset_name,
        preset=_with_overrides(preset, options, stored),
        data=_data_source(stored.data, options),
        teacher=options.teacher or stored.teacher,
        threads=options.threads or stored.threads,
        device=resolve_device(options.device or stored.device),
    )


def _with_overrides(preset: Preset, options: TrainOptions, stored: RunFacts | None = None) -> Preset:
    """Seed and epochs of the command line, of the stored run, or of the preset."""
    given = {"seed": options.seed, "epochs": options.epochs}
    if stored is not None:
        given = {name: getattr(stored.preset.training, name) if v is None else v for name, v in given.items()}
    changes = {name: value for name, value in given.items() if value is not None}
    training = msgspec.structs.replace(preset.training, **changes)
    return msgspec.structs.replace(preset, training=training)


def _data_source(base: DataSource, options: TrainOptions) -> DataSource:
    fields = ("data", "data_dir", "text_column", "label_column", "encoding", "unlabeled", "validation", "test")
    given = {field: getattr(options, field) for field in fields if getattr(options, field) is not None}
    return msgspec.structs.replace(base, **given, skip_bad=options.skip_bad or base.skip_bad).with_whole_paths()


def _name(preset: str) -> str:
    return Path(preset).stem if preset.endswith(".toml") else preset


def _check_empty(folder: Path, options: TrainOptions) -> None:
    """A folder without ``run.json`` may hold only what a run that was cut off in its first moment leaves behind."""
    try:
        names = sorted(path.name for path in folder.iterdir())
        strangers = [name for name in names if name != LAYOUT.lock and not name.startswith(f".{LAYOUT.run}.")]
    except FileNotFoundError:
        strangers = []
    except OSError as error:
        raise OutputError(folder, f"cannot be used as a folder ({error.strerror})", _ANOTHER) from error
    if strangers:
        raise OutputError(folder, f"holds other files ({strangers[0]}) and no run", _ANOTHER)
    if options.resume:
        mend = "check --out, or leave out --resume to begin one"
        raise CheckpointError(folder, "there is no run to resume", mend)


def _refuse_existing(folder: Path, stored: RunFacts, options: TrainOptions) -> None:
    wanted = _new_facts(options, None)
    if wanted.preset_name == stored.preset_name == AUTO:
        wanted = msgspec.structs.replace(wanted, preset=_with_overrides(stored.preset, options, stored))
    difference = describe_difference(stored, wanted)
    epochs = stored.preset.training.epochs
    if wanted.preset.training.epochs > epochs and not describe_difference(_prolonged(stored, options), wanted):
        reason = f"holds this run already, of {epochs} epochs"
        raise OutputError(folder, reason, f"prolong it with --resume, or {_ANOTHER}")
    if difference:
        raise CheckpointError(folder, f"holds another run ({difference})", _ANOTHER)
    raise OutputError(folder, "holds this run already", f"go on with it with --resume, or {_ANOTHER}")
