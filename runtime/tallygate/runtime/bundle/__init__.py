"""What a bundle is and how it is read: storage, manifest, reader."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tallygate.runtime.bundle.all_words import MAX_LOGITS as MAX_LOGITS
    from tallygate.runtime.bundle.all_words import parts_of as parts_of
    from tallygate.runtime.bundle.all_words import texts_of_all_words as texts_of_all_words
    from tallygate.runtime.bundle.all_words import words_per_text as words_per_text
    from tallygate.runtime.bundle.files import as_bundle_error as as_bundle_error
    from tallygate.runtime.bundle.goldens import Golden as Golden
    from tallygate.runtime.bundle.layout import INTEGER as INTEGER
    from tallygate.runtime.bundle.layout import LAYOUT as LAYOUT
    from tallygate.runtime.bundle.limits import MAX_GOLDEN_BYTES as MAX_GOLDEN_BYTES
    from tallygate.runtime.bundle.limits import MAX_LABELS as MAX_LABELS
    from tallygate.runtime.bundle.limits import MAX_LINE as MAX_LINE
    from tallygate.runtime.bundle.limits import MAX_MARKS as MAX_MARKS
    from tallygate.runtime.bundle.limits import MAX_TEMPERATURES as MAX_TEMPERATURES
    from tallygate.runtime.bundle.limits import MAX_TOKENS as MAX_TOKENS
    from tallygate.runtime.bundle.limits import MAX_VOCABULARY as MAX_VOCABULARY
    from tallygate.runtime.bundle.limits import MAX_WORDS as MAX_WORDS
    from tallygate.runtime.bundle.manifest import CALIBRATION_SINCE as CALIBRATION_SINCE
    from tallygate.runtime.bundle.manifest import GPU_PRECISIONS as GPU_PRECISIONS
    from tallygate.runtime.bundle.manifest import SCHEMA as SCHEMA
    from tallygate.runtime.bundle.manifest import STREAMING_SINCE as STREAMING_SINCE
    from tallygate.runtime.bundle.manifest import FileFacts as FileFacts
    from tallygate.runtime.bundle.manifest import Manifest as Manifest
    from tallygate.runtime.bundle.manifest import Parity as Parity
    from tallygate.runtime.bundle.manifest import Score as Score
    from tallygate.runtime.bundle.manifest import Streaming as Streaming
    from tallygate.runtime.bundle.manifest import Training as Training
    from tallygate.runtime.bundle.manifest import Variant as Variant
    from tallygate.runtime.bundle.manifest import manifest_from_json as manifest_from_json
    from tallygate.runtime.bundle.manifest import manifest_to_json as manifest_to_json
    from tallygate.runtime.bundle.reader import Bundle as Bundle
    from tallygate.runtime.bundle.reader import open_bundle as open_bundle
    from tallygate.runtime.bundle.reader import shipped_bundle as shipped_bundle
    from tallygate.runtime.bundle.temperatures import MAX_TEMPERATURE as MAX_TEMPERATURE
    from tallygate.runtime.bundle.temperatures import MIN_TEMPERATURE as MIN_TEMPERATURE
    from tallygate.runtime.bundle.temperatures import Temperatures as Temperatures
else:
    from tallygate.runtime.rooms import handed_on

    __getattr__, __dir__ = handed_on(
        __name__,
        {
            "all_words": ("MAX_LOGITS", "parts_of", "texts_of_all_words", "words_per_text"),
            "files": ("as_bundle_error",),
            "goldens": ("Golden",),
            "layout": ("INTEGER", "LAYOUT"),
            "limits": (
                "MAX_GOLDEN_BYTES",
                "MAX_LABELS",
                "MAX_LINE",
                "MAX_MARKS",
                "MAX_TEMPERATURES",
                "MAX_TOKENS",
                "MAX_VOCABULARY",
                "MAX_WORDS",
            ),
            "manifest": (
                "FileFacts",
                "GPU_PRECISIONS",
                "Manifest",
                "Parity",
                "CALIBRATION_SINCE",
                "SCHEMA",
                "STREAMING_SINCE",
                "Score",
                "Streaming",
                "Training",
                "Variant",
                "manifest_from_json",
                "manifest_to_json",
            ),
            "reader": ("Bundle", "open_bundle", "shipped_bundle"),
            "temperatures": ("MAX_TEMPERATURE", "MIN_TEMPERATURE", "Temperatures"),
        },
    )
