"""Ids of texts, line by line, by any Python with numpy, msgspec and ``tallygate.runtime`` in its path.

The first line of the standard input is an object with ``rows`` (words and their rows), ``count``, and the fields of the
contract; every other line a list of texts, which is answered with a line that holds the list of their ids. JSON
throughout, in ASCII, so that lone surrogates pass as well.
"""

from __future__ import annotations

import json
import sys

from tallygate.runtime.text import TextContract, Tokenizer, Vocabulary


def main() -> None:
    """Answer until the input ends."""
    first = json.loads(sys.stdin.readline())
    vocabulary = Vocabulary(first.pop("rows"), first.pop("count"))
    tokenizer = Tokenizer(vocabulary, TextContract(**first))
    for line in sys.stdin:
        print(json.dumps([tokenizer.encode(text) for text in json.loads(line)]), flush=True)


if __name__ == "__main__":
    main()
