"""What a subcommand of ``tallygate`` is. Each part registers its own under the entry points ``tallygate.commands``."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec

from tallygate.runtime.errors import MissingExtraError

INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells have it (128 + SIGINT)."""


@dataclass(frozen=True)
class Command:
    """One subcommand. Its module is imported to list it, so heavy imports belong inside ``run``."""

    summary: str
    """One line for ``tallygate --help``."""
    add_arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]
    """Takes the parsed arguments, returns the exit code."""
    extra: str = ""
    """The optional dependency group that it needs, as in ``pip install 'tallygate[extra]'``."""
    modules: tuple[str, ...] = ()
    """Top-level modules which that extra brings."""
    examples: tuple[str, ...] = ()
    """Two or three command lines that ``--help`` ends with, each as a user would type it."""

    aliases: tuple[str, ...] = ()
    """Other names, such as one that it had before."""

    def shown_examples(self) -> str | None:
        """The end of the command's help."""
        return "\n  ".join(["examples:", *self.examples]) if self.examples else None

    def check_installed(self, name: str) -> None:
        """Raise :class:`MissingExtraError` with the install command when a module of the extra is missing."""
        missing = [module for module in self.modules if find_spec(module) is None]
        if missing:
            from tallygate.runtime.installation import pip_install

            reason = f"needs {', '.join(missing)}, which is not installed"
            raise MissingExtraError(f"tallygate {name}", reason, f"run: {pip_install(self.extra)}")
