"""Write ``examples/suites/sentiment-frames.jsonl``: the held-out frames as a suite for ``tallygate check``."""

from __future__ import annotations

import json
from pathlib import Path

from tallygate.runtime.outputs import write_text
from tallygate.train.sentences import suite_cases

SUITE = Path(__file__).parents[1] / "examples" / "suites" / "sentiment-frames.jsonl"


def main() -> None:
    """One case per line; the same file every time."""
    write_text(SUITE, "".join(json.dumps(case, ensure_ascii=False) + "\n" for case in suite_cases()))


if __name__ == "__main__":
    main()
