"""Writes docs/first-hour.md: a newcomer's way with TREC's questions, every command run and what it printed.

    TALLYGATE_TREC=FOLDER python docs/first_hour.py

FOLDER holds ``TREC.train`` and ``TREC.test`` as Li and Roth published them (2002): Latin-1, a line per question.
"""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from PIL import Image
from take_screenshots import OUT, PHONE, WIDE, chromium, open_answered, save, served

from tallygate.runtime.outputs import write_bytes

PAGE = Path(__file__).with_name("first-hour.md")
QUESTION = "How far away from the earth is the moon ?"
CONVERT = """\
import csv

for split in ("train", "test"):
    lines = open(f"TREC.{split}", encoding="latin-1").read().splitlines()
    for name, parts in (("coarse", 1), ("fine", 2)):
        with open(f"{name}-{split}.csv", "w", encoding="utf-8", newline="") as file:
            rows = [line.split(" ", 1) for line in lines]
            csv.writer(file).writerows([("label", "text"), *((":".join(r[0].split(":")[:parts]), r[1]) for r in rows)])
"""


@dataclass(frozen=True)
class Step:
    """One command and what is said before it."""

    said: str
    command: str
    fails: int = 0
    """The exit code that is meant."""


STEPS = (
    Step(
        "The files become two tables, one per set of labels. ",
        "python convert.py && wc -l *.csv",
    ),
    Step(
        "Six classes. Nothing else has to be said.",
        "tallygate train coarse-train.csv --test coarse-test.csv --out coarse",
    ),
    Step("The gate compares every copy with PyTorch before it is written.", "tallygate export coarse --out coarse.zip"),
    Step("The same proof on any machine, without PyTorch.", "tallygate verify coarse.zip"),
    Step(
        "A look at it:",
        "tallygate predict --bundle coarse.zip --format table 'Who wrote the book ?' 'How far is the moon ?'",
    ),
    Step(
        "A file, with its own columns beside the answers:",
        "tallygate predict --bundle coarse.zip --file coarse-test.csv --keep-columns label --format csv > answers.csv;"
        " head -4 answers.csv",
    ),
    Step("What a bundle is and what it scored:", "tallygate info coarse.zip"),
    Step("A bundle that is there is not overwritten by accident.", "tallygate export coarse --out coarse.zip", 2),
    Step("Two epochs more:", "tallygate train --resume --out coarse --epochs 12 2>&1 | tail -22"),
    Step(
        "Fifty classes, some of them with a handful of questions.",
        "tallygate train fine-train.csv --test fine-test.csv --out fine",
    ),
    Step(
        "Labels that the model gives to none of the texts that were read are told, and no reason to refuse it.",
        "tallygate export fine --out fine.zip",
    ),
    Step("", "tallygate verify fine.zip"),
)
OPENING = """\
# The first hour

`TALLYGATE_TREC=FOLDER python docs/first_hour.py` wrote this page: it ran every command below and kept what it printed.
The data are the questions of TREC (Li and Roth 2002; 5,452 for training, 500 for testing), whose labels have the
form `CLASS:fine`, in two forms: 6 classes and 50.

Installed from a checkout, with what training and the demo need:

```console
$ pip install '.[train,export,demo]'
```

`convert.py`:

```python
"""
CLOSING = """
And to look at it:

```console
$ tallygate demo coarse.zip
```

| ![six classes](screenshots/first-hour.png) | ![on a phone, in the dark](screenshots/first-hour-phone.png) |
| --- | --- |
"""


def main() -> None:
    """Run every step in a folder of its own."""
    source = os.environ.get("TALLYGATE_TREC")
    if source is None:
        sys.exit("docs/first_hour.py: TALLYGATE_TREC is not set; name the folder of TREC.train and TREC.test")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file in ("TREC.train", "TREC.test"):
            (folder / file).symlink_to(Path(source).resolve() / file)
        (folder / "convert.py").write_text(CONVERT, encoding="utf-8")
        parts = [f"{OPENING}{CONVERT}```\n", *(told(step, folder) for step in STEPS), CLOSING]
        take_pictures(folder / "coarse.zip")
    write_bytes(PAGE, "".join(parts).encode("utf-8"))


def told(step: Step, folder: Path) -> str:
    """What the page says of one step."""
    print(f"$ {step.command}", file=sys.stderr)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        step.command, shell=True, cwd=folder, env=os.environ | {"PATH": path, "COLUMNS": "120"},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    if done.returncode != step.fails:
        sys.exit(f"docs/first_hour.py: {step.command} ended with {done.returncode}:\n{done.stdout}")
    code = f"\n(exit code {done.returncode})" if done.returncode else ""
    said = f"\n{step.said.strip()}\n" if step.said else ""
    return f"{said}\n```console\n$ {step.command}\n{done.stdout.rstrip()}{code}\n```\n"


def take_pictures(bundle: Path) -> None:
    """The demo of that bundle, on a desk and on a phone."""
    with chromium() as browser, served(str(bundle)) as address:
        for name, viewport, theme in (("first-hour", WIDE, "light"), ("first-hour-phone", PHONE, "dark")):
            page = browser.new_page(viewport=viewport, color_scheme=theme)  # type: ignore[arg-type]
            open_answered(page, address, QUESTION, "moon")
            page.mouse.move(0, 0)
            page.wait_for_timeout(800)
            with Image.open(io.BytesIO(page.screenshot())) as picture:
                save(picture, OUT / f"{name}.png")


if __name__ == "__main__":
    main()
