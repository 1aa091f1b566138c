"""The program ``tallygate``: finds the subcommands of all parts, runs one, and turns errors into one line."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import NoReturn

from tallygate.runtime.command import INTERRUPTED, Command
from tallygate.runtime.console import Terminated, ended_by_signals, prepare_streams, settle_streams
from tallygate.runtime.errors import TallygateError
from tallygate.runtime.terminal import notice, printable

GROUP = "tallygate.commands"
"""The entry points under which a part registers its subcommands."""
ORDER = ("train", "study", "export", "verify", "bench", "check", "predict", "page", "info", "doctor", "demo")
"""The way through the house, for ``--help``; a command that is not named here comes behind."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the program and return its exit code: 0 success, 1 a failed gate, 2 bad usage or input, 128 + a signal."""
    prepare_streams()
    try:
        return _exit_code(argv)
    finally:
        settle_streams()


def _exit_code(argv: Sequence[str] | None) -> int:
    """Run, and turn whatever stops it into one line."""
    try:
        with ended_by_signals():
            return _run_to_the_end(argv)
    except TallygateError as error:
        notice(str(error))
        return error.exit_code
    except KeyboardInterrupt:
        notice("interrupted")
        return INTERRUPTED
    except Terminated as ended:
        notice(f"ended by {ended.signal_name}")
        return ended.exit_code
    except BrokenPipeError:  # whoever read has enough
        return 0
    except OSError as error:
        notice(f"{error.filename or 'output'}: {error.strerror or error}; check it")
        return 2
    except ValueError as error:
        if "embedded null" not in str(error):  # what Python says of a path that holds one
            raise
        notice(f"{_with_nul(argv)}: holds a NUL character, which no path can; leave it out")
        return 2
    except MemoryError:
        notice("this machine: is out of memory; give less data at once")
        return 2


def _with_nul(argv: Sequence[str] | None) -> str:
    return next((argument for argument in argv or () if "\0" in argument), "a path that was given")


def _run_to_the_end(argv: Sequence[str] | None) -> int:
    try:
        code = run(parse_args(argv))
    except SystemExit:  # of argparse, after --help and bad usage
        sys.stdout.flush()
        raise
    sys.stdout.flush()
    return code


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Parse the command line; exits with 2 on bad usage, as argparse does."""
    given = list(sys.argv[1:] if argv is None else argv)
    parser = _Parser(
        prog="tallygate",
        description="Train an LSTM text classifier, ship it to any device, and prove that every copy answers alike.",
        epilog="tallygate COMMAND --help ends with examples.",
    )
    parser.add_argument("--version", action=_PrintVersion, nargs=0, help="show the version and exit")
    subparsers = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    own = _own_command(given[0]) if given else None
    for name, command in ({given[0]: own} if own else find_commands()).items():
        aliases = [alias for alias in command.aliases if alias != name]
        subparser = subparsers.add_parser(
            name,
            aliases=aliases,
            help=command.summary,
            description=command.summary,
            epilog=command.shown_examples(),
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        command.add_arguments(subparser)
        subparser.set_defaults(entry=command)
    return parser.parse_args(given)


def run(arguments: argparse.Namespace) -> int:
    """Run the chosen subcommand and return its exit code."""
    command: Command = arguments.entry
    command.check_installed(arguments.command)
    return command.run(arguments)


def find_commands() -> dict[str, Command]:
    """Every registered subcommand by name, in ``ORDER``; one that cannot be imported is told and left out.

    An installation that is half renewed registers what is not there, and must not take the others with it.
    """
    from importlib.metadata import entry_points

    found = {}
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: (_place(entry.name), entry.name)):
        try:
            found[entry.name] = entry.load()
        except (ImportError, AttributeError) as error:
            notice(f"{entry.name}: cannot be loaded ({error}); install tallygate again")
    return found


def _place(name: str) -> int:
    return ORDER.index(name) if name in ORDER else len(ORDER)


def _own_command(name: str) -> Command | None:
    """A subcommand of the runtime itself, found without the scan of all installed packages, which costs a prediction
    a tenth of its start; ``None`` for any other name.
    """
    if not (name.isidentifier() and (Path(__file__).parent / "commands" / f"{name}.py").is_file()):
        return None
    command = getattr(import_module(f"tallygate.runtime.commands.{name}"), "COMMAND", None)
    return command if isinstance(command, Command) else None


class _Parser(argparse.ArgumentParser):
    """Its errors quote arguments, which a shell may have made of the names of somebody else's files."""

    def error(self, message: str) -> NoReturn:
        super().error(printable(message))


class _PrintVersion(argparse.Action):
    """Looks the version up only when it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from tallygate.runtime.version import VERSION

        print(f"tallygate {VERSION}")
        parser.exit()


if __name__ == "__main__":
    sys.exit(main())
