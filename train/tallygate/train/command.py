"""``tallygate train``."""

from __future__ import annotations

import argparse
import shlex
import sys
from typing import TYPE_CHECKING

from tallygate.runtime.command import INTERRUPTED, Command
from tallygate.runtime.console import Terminated
from tallygate.train.corpora import add_data_options, given_data
from tallygate.train.extra import MODULES
from tallygate.train.network import request_huge_pages

if TYPE_CHECKING:
    from tallygate.train.run import RunPlan


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of ``tallygate train``; what is left out of them is decided in ``run/plan.py``."""
    add = parser.add_argument
    add("--preset", help="name of a preset, or a .toml file (default: auto, seed for imdb, tiny for mini)")
    add_data_options(parser)
    add("--streamable", action="store_true", help="with auto: read one way, so that texts can come in pieces")
    add("--teacher", metavar="T", help="a finished run, or a .parquet file of probabilities, that training learns from")
    add("--out", metavar="RUN", help="folder of the run (default: runs/DATA-PRESET)")
    add("--resume", action="store_true", help="go on with the run in that folder")
    add("--seed", type=int, help="seed of weights, batch order and dropout (default: the preset's)")
    prolonged = "; more of them with --resume prolong a run, and its learning rate goes on as in a run of so many"
    add("--epochs", type=int, help=f"passes over the training data (default: the preset's){prolonged}")
    add("--device", metavar="D", help="auto, cpu or cuda; start with torchrun for several GPUs (default: auto)")
    add("--threads", type=int, help="CPU threads; another number rounds otherwise, so weights differ (default: 1)")


def run(arguments: argparse.Namespace) -> int:
    """Train, or go on training, and print the scores. Ctrl-C or a signal ends with a line that says how to go on."""
    plan: RunPlan | None = None
    request_huge_pages()
    try:
        from tallygate.train.run import TrainOptions, plan_run

        given = {name: getattr(arguments, name) for name in TrainOptions.__annotations__}
        options = TrainOptions(**given | {"data": given_data(arguments)})
        plan = plan_run(options)
        _train(plan)
    except (KeyboardInterrupt, Terminated) as ended:
        how = f"ended by {ended.signal_name}" if isinstance(ended, Terminated) else "interrupted"
        print(f"tallygate train: {how}{_going_on(plan)}", file=sys.stderr)
        return ended.exit_code if isinstance(ended, Terminated) else INTERRUPTED
    return 0


def _train(plan: RunPlan) -> None:
    from tallygate.train.run import Result, comparison, run_training, summary

    finished = None if plan.is_new or plan.is_prolonged else Result.read(plan.folder)
    if finished is not None:
        print(f"{plan.folder} is finished; nothing is left to train\n")
    result = finished or run_training(plan)
    if result is not None:  # of several processes the first speaks
        print(summary(result))
        print("".join(f"\n{line}" for line in comparison(result)))
        print(f"\nrun folder   {plan.folder}")


def _going_on(plan: RunPlan | None) -> str:
    from tallygate.train.folder import RunFacts

    if plan is None or RunFacts.read(plan.folder) is None:
        return " before anything was trained; start it again"
    return f"; go on with: tallygate train --resume --out {shlex.quote(str(plan.folder))}"


COMMAND = Command(
    summary="train a classifier on labelled texts",
    add_arguments=add_arguments,
    run=run,
    extra="train",
    modules=MODULES,
    examples=(
        "tallygate train mails.csv --test later.csv",
        "tallygate train mails.csv --validation 0 --test 0   # every text is trained on",
        "tallygate train --resume --out runs/mails-auto --epochs 20   # prolongs it",
    ),
)
