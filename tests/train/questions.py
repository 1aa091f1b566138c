"""Short questions of six kinds, of our own writing: a corpus of any size that is like what users bring.

Half of the questions begin with the same words whatever their kind, names are drawn anew and mostly stand once, and
topics are shared by all kinds, so that no single word gives a kind away for good.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Sequence
from pathlib import Path


def _words(text: str) -> list[str]:
    return text.split()


KINDS = ("abbreviation", "number", "person", "place", "thing", "time")
ROLES = _words(
    "painter sailor king baker captain doctor singer pilot farmer poet judge nurse teacher mayor coach spy actor queen "
    "smith weaver miller monk banker clerk chemist"
)
SITES = _words(
    "city river mountain island desert harbour valley village bridge castle lake country province museum station "
    "theatre garden mine port forest market temple"
)
THINGS = _words(
    "machine drink metal flower bird fish tool fabric game language dance dish stone instrument disease colour tree "
    "engine sauce cheese insect vehicle garment coin weapon"
)
UNITS = _words("feet miles people teeth legs pages ships bones stars keys wheels rooms stamps litres grams votes seats")
TIMES = _words("year century month day decade hour season week summer")
DEEDS = _words(
    "built painted found sold opened burned crossed named wrote bought broke moved closed planted carved won lost "
    "designed repaired stole hid measured"
)
TOPICS = _words(
    "old long red secret northern wooden silver famous winter royal paper glass deep green final lost early small "
    "golden ancient modern quiet iron"
)
FRAMES = {
    "abbreviation": (
        "What does {A} stand for ?",
        "What is the full name of {A} ?",
        "Which words are behind the letters {A} ?",
        "What is {A} short for in the {topic} {site} ?",
        "What do the letters {A} on a {topic} {thing} mean ?",
        "How is {name} {site} company abbreviated ?",
    ),
    "number": (
        "How many {unit} does the {topic} {thing} have ?",
        "What is the number of {unit} in {name} ?",
        "How far is the {site} from {name} ?",
        "How much does a {topic} {thing} weigh ?",
        "What is the population of {name} ?",
        "At what speed does a {thing} of {name} move ?",
        "What share of {unit} were {deed} by the {role} ?",
        "How old was {name} {name} when he {deed} the {site} ?",
    ),
    "person": (
        "Who {deed} the {topic} {thing} ?",
        "Who was the {role} that {deed} {name} {site} ?",
        "What is the name of the {role} of {name} ?",
        "Which {role} {deed} the {topic} {site} ?",
        "What {topic} {role} {deed} the {thing} ?",
        "Name the {role} who {deed} a {thing} .",
        "In {name} , whose {thing} was {deed} ?",
    ),
    "place": (
        "Where is the {topic} {site} ?",
        "Where did the {role} of {name} live ?",
        "What {site} was {deed} by {name} {name} ?",
        "What is the name of the {site} near {name} ?",
        "Which {topic} {site} has the most {unit} ?",
        "In what {site} was the {thing} {deed} ?",
        "Name the {site} where a {role} {deed} the {thing} .",
    ),
    "thing": (
        "What {thing} has {unit} ?",
        "What is a {name} {thing} ?",
        "What is the name of the {thing} that {name} {deed} ?",
        "Which {topic} {thing} was {deed} by the {role} ?",
        "In {name} , what did the {role} {deed} with ?",
        "What kind of {thing} is {deed} in the {site} ?",
        "Name the {thing} that a {role} {deed} .",
    ),
    "time": (
        "When was the {topic} {site} {deed} ?",
        "In what {time} did {name} {name} die ?",
        "What {time} was the {thing} {deed} ?",
        "Which {time} brought the {role} to {name} ?",
        "What is the {time} of the {topic} {thing} ?",
        "How long ago was {name} {deed} ?",
        "Name the {time} when the {role} {deed} the {site} .",
    ),
}


def question(kind: str, draw: random.Random) -> str:
    """One question of that kind."""
    frame = draw.choice(FRAMES[kind])
    words = {"role": ROLES, "site": SITES, "thing": THINGS, "unit": UNITS, "time": TIMES, "deed": DEEDS}
    filled = {field: draw.choice(choices) for field, choices in (words | {"topic": TOPICS}).items()}
    while "{name}" in frame:
        frame = frame.replace("{name}", _name(draw), 1)
    return frame.format(A="".join(draw.choices("ABCDEFGHIKLMNOPRSTUVW", k=draw.choice([2, 3, 3, 4]))), **filled)


def question_rows(count: int, seed: int = 0, weights: Sequence[float] = (1, 1, 1, 1, 1, 1)) -> list[tuple[str, str]]:
    """``count`` pairs of question and kind; ``weights`` are the kinds' shares."""
    draw = random.Random(seed)
    return [(question(kind, draw), kind) for kind in draw.choices(KINDS, weights, k=count)]


def write_rows(path: Path, rows: Sequence[tuple[str, str]]) -> Path:
    """As CSV with the columns ``q`` and ``kind``."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("q", "kind"), *rows])
    return path


def _name(draw: random.Random) -> str:
    syllables = ["ba", "ren", "tol", "mi", "sa", "ku", "ver", "don", "el", "ri", "mar", "os", "lin", "ga", "pe", "tur"]
    return "".join(draw.choices(syllables, k=draw.choice([2, 3, 3]))).capitalize()
