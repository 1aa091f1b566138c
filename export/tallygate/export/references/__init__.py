"""What PyTorch in float32 answers: goldens, validation and training texts."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tallygate.export.references.goldens import goldens_to_jsonl as goldens_to_jsonl
    from tallygate.export.references.goldens import make_goldens as make_goldens
    from tallygate.export.references.goldens import one_thread as one_thread
    from tallygate.export.references.goldens import with_answers as with_answers
    from tallygate.export.references.lengths import bands_of as bands_of
    from tallygate.export.references.validation import load_split as load_split
    from tallygate.export.references.validation import load_texts as load_texts
else:
    from tallygate.runtime.rooms import handed_on

    __getattr__, __dir__ = handed_on(
        __name__,
        {
            "goldens": ("goldens_to_jsonl", "make_goldens", "one_thread", "with_answers"),
            "lengths": ("bands_of",),
            "validation": ("load_split", "load_texts"),
        },
    )
