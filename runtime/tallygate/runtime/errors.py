"""The errors that a user can meet: one line each, naming the thing, the reason and the mend.

Each error is a :class:`TallygateError` and also the builtin that it is, so both kinds of ``except`` work.
"""

from __future__ import annotations

from tallygate.runtime.terminal import printable


class TallygateError(Exception):
    """Base of every error that tallygate raises on purpose.

    ``exit_code`` is what the command line returns for it: 2 for bad usage or input, 1 for a failed gate.
    """

    exit_code = 2

    def __init__(self, thing: object, reason: str, mend: str) -> None:
        self.thing, self.reason, self.mend = str(thing), reason, mend
        super().__init__(f"{thing}: {reason}; {mend}")

    def __str__(self) -> str:
        return " ".join(printable(f"{self.thing}: {self.reason}; {self.mend}").split())


class UsageError(TallygateError, ValueError):
    """An option or argument has a value that cannot be used."""


class InputError(TallygateError, ValueError):
    """Data that the user gave cannot be read: the file, the column, the row or its encoding."""


class InputNotFoundError(TallygateError, FileNotFoundError):
    """A file or data set that the user named is not there, or may not be read."""


class OutputError(TallygateError, OSError):
    """A result cannot be written; nothing stands under its final name."""


class BundleNotFoundError(TallygateError, FileNotFoundError):
    """There is no bundle at the given path."""


class BundleInvalidError(TallygateError, ValueError):
    """A bundle is damaged, altered, or not a bundle."""


class BundleVersionError(BundleInvalidError):
    """A bundle was written for another version of the reader."""


class CheckpointError(TallygateError, ValueError):
    """A run directory or checkpoint is missing, damaged, or belongs to something else."""


class PresetError(TallygateError, ValueError):
    """A preset is unknown, or has an unknown or impossible field."""


class EngineUnavailableError(TallygateError, RuntimeError):
    """An engine, device or precision that was asked for by name is not there."""


class EngineError(TallygateError, RuntimeError):
    """An engine failed while it computed, or gave an answer that is no number."""


class MissingExtraError(TallygateError, ImportError):
    """A command needs an optional part of the installation."""


class ExportError(TallygateError, RuntimeError):
    """A graph breaks the graph contract, so it must not be shipped."""

    exit_code = 1


class VariantUnfitError(ExportError):
    """A model does not fit a variant's formats, so that variant is not written."""


class GateError(TallygateError, RuntimeError):
    """A parity gate failed: this copy does not answer like the reference."""

    exit_code = 1
