"""Reading texts as they come: running answers, and states that are saved and resumed elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tallygate.runtime.stream.batch import StreamBatch as StreamBatch
    from tallygate.runtime.stream.reading import Stream as Stream
    from tallygate.runtime.stream.rereading import Rereading as Rereading
    from tallygate.runtime.stream.running import RunningMaker as RunningMaker
    from tallygate.runtime.stream.running import RunningPrediction as RunningPrediction
    from tallygate.runtime.stream.running import streams_of as streams_of
else:
    from tallygate.runtime.rooms import handed_on

    __getattr__, __dir__ = handed_on(
        __name__,
        {
            "batch": ("StreamBatch",),
            "reading": ("Stream",),
            "rereading": ("Rereading",),
            "running": ("RunningMaker", "RunningPrediction", "streams_of"),
        },
    )
