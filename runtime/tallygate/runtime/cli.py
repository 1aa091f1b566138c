"""The program ``tallygate``: finds the subcommands of all parts, runs one, and turns errors into one line."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from importlib.metadata import entry_points

from tallygate.runtime.command import Command
from tallygate.runtime.errors import TallygateError
from tallygate.runtime.version import VERSION

GROUP = "tallygate.commands"
"""The entry points under which a part registers its subcommands."""
INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells have it (128 + SIGINT)."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program and return its exit code: 0 success, 1 a failed gate, 2 bad usage or input."""
    try:
        arguments = parse_args(argv)
        code = run(arguments)
        sys.stdout.flush()
    except TallygateError as error:
        print(f"tallygate: {error}", file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("tallygate: interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        _discard_stdout()
        return 0
    except OSError as error:
        print(f"tallygate: {error.filename or 'output'}: {error.strerror or error}; check it", file=sys.stderr)
        return 2
    except MemoryError:
        print("tallygate: this machine: is out of memory; give less data at once", file=sys.stderr)
        return 2
    return code


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Parse the command line; exits with 2 on bad usage, as argparse does."""
    parser = argparse.ArgumentParser(
        prog="tallygate",
        description="Train an LSTM text classifier, ship it to any device, and prove that every copy answers alike.",
    )
    parser.add_argument("--version", action="version", version=f"tallygate {VERSION}")
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, command in find_commands().items():
        subparser = subparsers.add_parser(name, help=command.summary, description=command.summary)
        command.add_arguments(subparser)
        subparser.set_defaults(entry=command)
    return parser.parse_args(argv)


def run(arguments: argparse.Namespace) -> int:
    """Run the chosen subcommand and return its exit code."""
    command: Command = arguments.entry
    command.check_installed(arguments.command)
    if not sys.stdout.isatty() and hasattr(sys.stdout, "reconfigure"):
        sys.stdout.reconfigure(encoding="utf-8")
    return command.run(arguments)


def find_commands() -> dict[str, Command]:
    """Every registered subcommand by name, in the order of their registration."""
    return {entry.name: entry.load() for entry in entry_points(group=GROUP)}


def _discard_stdout() -> None:
    """Point standard output at nothing, so that Python's own flush at exit does not complain of a closed pipe."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
