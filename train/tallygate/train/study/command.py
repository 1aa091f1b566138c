"""``tallygate study``."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from tallygate.runtime.command import INTERRUPTED, Command
from tallygate.runtime.console import Terminated
from tallygate.train.corpora import DATA_OPTIONS, add_data_options, given_data
from tallygate.train.extra import MODULES
from tallygate.train.network import request_huge_pages


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``tallygate study``."""
    add = parser.add_argument
    add_data_options(parser)
    add(
        "--quick", action="store_true", help="a sample of the texts and short training, to see in seconds that it works"
    )
    add("--out", metavar="DIR", help="folder of the study (default: studies/DATA); the same command goes on with it")
    add("--only", metavar="PART,...", help="parts to make (default: all that are not finished)")
    add("--seed", type=int, default=0, help="seed of samples, weights and batch order (default: 0)")
    add("--threads", type=int, default=1, help="CPU threads (default: 1)")


def run(arguments: argparse.Namespace) -> int:
    """Make the study. Ctrl-C ends with one line; the same command then goes on."""
    request_huge_pages()
    try:
        from tallygate.train.corpora import DataSource
        from tallygate.train.study.run import StudyOptions, run_study

        given = {name: getattr(arguments, name) for name in DATA_OPTIONS}
        data = DataSource(**{**given, "data": given_data(arguments) or "mini"})
        folder = Path(arguments.out or Path("studies", f"{data.name}-quick" if arguments.quick else data.name))
        options = {name: getattr(arguments, name) for name in ("only", "quick", "seed", "threads")}
        run_study(StudyOptions(data=data, folder=folder, **options))
    except (KeyboardInterrupt, Terminated) as ended:
        print("tallygate study: interrupted; the same command goes on after the last finished row", file=sys.stderr)
        return ended.exit_code if isinstance(ended, Terminated) else INTERRUPTED
    return 0


COMMAND = Command(
    summary="compare other classifiers with the LSTM on the same texts, and show why it wins or loses",
    add_arguments=add_arguments,
    run=run,
    extra="study",
    modules=(*MODULES, "gensim"),
    examples=(
        "tallygate study mini --quick",
        "tallygate study mails.csv --out studies/mails",
    ),
)
