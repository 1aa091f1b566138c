"""The part ``baselines``: every classifier on one split and one token stream, in one table."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from threadpoolctl import threadpool_limits
from tqdm import tqdm

from tallygate.runtime.outputs import write_text
from tallygate.train.say import say
from tallygate.train.study.classical import classical_contestants
from tallygate.train.study.contestant import Contestant, NotHereError, measured
from tallygate.train.study.context import StudyContext
from tallygate.train.study.fasttext_row import FastText
from tallygate.train.study.features import FeatureCache
from tallygate.train.study.nb_svm import NbSvm
from tallygate.train.study.neural import neural_contestants
from tallygate.train.study.picture import draw_study
from tallygate.train.study.row import Row, fingerprint, read_row, row_path, write_row
from tallygate.train.study.table import csv_from_rows, markdown_from_rows, table_from_rows


def run(context: StudyContext, folder: Path) -> None:
    """Make ``study.csv``, ``study.md`` and ``study.png``; rows that ``rows/`` has already are not made again.

    Raises :class:`OutputError` when the folder cannot be written.
    """
    rows = make_rows(contestants(), context, folder)
    title = (
        f"{context.corpus.name}: {len(context.tokens.train):,} texts to train on, {len(context.tokens.test):,} to test"
    )
    write_text(folder / "study.csv", csv_from_rows(rows))
    write_text(folder / "study.md", markdown_from_rows(rows, title, context.threads))
    draw_study(folder / "study.png", rows, title)
    print(table_from_rows(rows))


def contestants() -> list[Contestant]:
    """All of the table, in its order."""
    return [*classical_contestants(FeatureCache()), NbSvm(), FastText(), *neural_contestants()]


def make_rows(contestants: Sequence[Contestant], context: StudyContext, folder: Path) -> list[Row]:
    """One row after another, each written as soon as it is there."""
    study, rows = context.sha256(), []
    with tqdm(total=len(contestants), unit="row", disable=None, leave=False, dynamic_ncols=True) as bar:
        for contestant in contestants:
            bar.set_description_str(contestant.name)
            rows.append(_row(contestant, context, folder, study))
            bar.update()
    return rows


def _row(contestant: Contestant, context: StudyContext, folder: Path, study: str) -> Row:
    path = row_path(folder, contestant.name)
    made_with = fingerprint(study, contestant.name, contestant.candidates(context))
    row = read_row(path, made_with)
    if row is None:
        row = _made(contestant, context)
        write_row(path, row, made_with)
        say(_line(row))
    return row


def _made(contestant: Contestant, context: StudyContext) -> Row:
    facts = Row(name=contestant.name, family=contestant.family, features=contestant.features)
    try:
        with threadpool_limits(context.threads):
            figures = measured(contestant, context)
    except NotHereError as error:
        return Row(
            name=facts.name, family=facts.family, features=facts.features, skipped=f"{error.reason}; {error.mend}"
        )
    return Row(name=facts.name, family=facts.family, features=facts.features, measured=figures)


def _line(row: Row) -> str:
    if row.measured is None:
        return f"{row.name}: {row.skipped}"
    m = row.measured
    return f"{row.name}: validation {m.validation.accuracy:.2%}, test {m.test.accuracy:.2%}; {m.train_seconds:.1f} s"
