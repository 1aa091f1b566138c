"""The folder of a run: which files it holds, and the file that says which run it is."""

from __future__ import annotations

from dataclasses import astuple, dataclass
from pathlib import Path

import msgspec

from tallygate.runtime.errors import CheckpointError
from tallygate.runtime.outputs import write_json
from tallygate.train.corpora import DataSource
from tallygate.train.network import Device, Precision
from tallygate.train.presets import Preset


@dataclass(frozen=True)
class RunLayout:
    """The names of a run's files."""

    lock: str = ".lock"
    """Held by the process that trains there; gone afterwards."""
    run: str = "run.json"
    """Which run this is; written first."""
    language_model: str = "language-model.safetensors"
    """How far pretraining has come, where the preset asks for it."""
    beginning: str = "beginning.safetensors"
    """Vocabulary and first weights, where the preset makes them from more than chance."""
    state: str = "state.safetensors"
    """All that the next epoch needs; one file, so that it is whole at any moment."""
    metrics: str = "metrics.jsonl"
    curve: str = "curve.png"
    checkpoint: str = "checkpoint.json"
    """With the next two: the best epoch so far, as ``load_checkpoint`` reads it."""
    weights: str = "weights.safetensors"
    vocabulary: str = "vocabulary.txt"
    confusion: str = "confusion.png"
    reliability: str = "reliability.png"
    """Accuracy by confidence."""
    lengths: str = "lengths.png"
    """The same for texts of each length."""
    coverage: str = "coverage.png"
    """Accuracy by the share of texts that are answered."""
    result: str = "result.json"
    """The scores; written last, so a run that has it is finished."""


LAYOUT = RunLayout()


def remove_leftovers(folder: Path) -> None:
    """Remove the temporary files of a process that was killed while it wrote."""
    for name in astuple(LAYOUT):
        for leftover in folder.glob(f".{name}.*"):
            leftover.unlink(missing_ok=True)


class RunFacts(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``run.json``: all that decides the weights."""

    version: int = 1
    preset_name: str
    preset: Preset
    """As it was used: with the seed and the epochs of the command line."""
    data: DataSource
    teacher: str | None = None
    """A run's folder or a Parquet file of scores whose probabilities are learnt."""
    threads: int
    precision: Precision
    """Of the forward pass."""
    device: Device = "cpu"
    created_with: str
    """Version of tallygate."""

    def write(self, folder: Path) -> None:
        """Write ``run.json``. Raises :class:`OutputError` when the folder cannot be written."""
        write_json(folder / LAYOUT.run, self)

    @classmethod
    def read(cls, folder: Path) -> RunFacts | None:
        """What the folder's ``run.json`` says, ``None`` where there is none.

        Raises :class:`CheckpointError` when it is damaged.
        """
        path = folder / LAYOUT.run
        try:
            return msgspec.json.decode(path.read_bytes(), type=cls)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise CheckpointError(path, f"cannot be read ({error.strerror})", "check the path") from error
        except (ValueError, RecursionError) as error:
            mend = "name another folder with --out"
            raise CheckpointError(path, f"does not describe a run of this version ({error})", mend) from error
