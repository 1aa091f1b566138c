"""What a bundle may hold at most: checked before any work is done on it, so that a small file cannot cost much.

Each is far above what a model of the largest preset needs. docs/bundle.md states them; tests/attacks go beyond each.
"""

from __future__ import annotations

MAX_BYTES = 256 * 2**20
"""All files together, and the zip."""
MAX_FILES = 64
"""Entries of a zip, and files that a manifest lists."""
MAX_EXPANSION = 200
"""A zip entry that grows more than this is no bundle file: text shrinks to a tenth, weights hardly at all."""
MAX_DIRECTORY = 65_536
"""Bytes of a zip's central directory: 1,024 per entry, where 100 do."""
MAX_NAME = 100
"""Characters of a file's name."""
MAX_MANIFEST = 2**20
"""Bytes of ``bundle.json``."""
MAX_LINE = 1_000
"""Characters of a label, and of any other string of the manifest."""
MAX_LABELS = 10_000
MAX_VARIANTS = 16
MAX_MARKS = 256
"""Punctuation marks that are kept as tokens."""
MAX_TOKENS = 100_000
"""Tokens of a text that are read (``text.max_length``)."""
MAX_TEMPERATURES = 2**14
"""Lengths of a text that have a temperature of their own: as many decimals fit into ``bundle.json`` with room."""
MAX_WORDS = 2**18
"""Words of the vocabulary, and rows of the embedding beside padding and unknown."""
MAX_VOCABULARY = 16 * 2**20
"""Bytes of ``vocabulary.txt``."""
MAX_GOLDENS = 2**16
MAX_GOLDEN_IDS = 2**20
"""Ids of all goldens together: what the first load on a machine asks."""
MAX_GOLDEN_NON_ASCII = 2**19
"""UTF-8 bytes of the goldens' texts beyond one per character: composing a letter and its marks costs most of all."""
MAX_GOLDEN_BYTES = 32 * 2**20
"""Bytes of ``golden.jsonl``."""
