"""Engines run a variant of the graph: ids and lengths in, logits out."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tallygate.runtime.engines.creation import ENGINES as ENGINES
    from tallygate.runtime.engines.creation import available_engines as available_engines
    from tallygate.runtime.engines.creation import create_engine as create_engine
    from tallygate.runtime.engines.creation import create_streaming_engine as create_streaming_engine
    from tallygate.runtime.engines.creation import engine_of_kernel as engine_of_kernel
    from tallygate.runtime.engines.engine import Engine as Engine
    from tallygate.runtime.engines.engine import ImageEngine as ImageEngine
    from tallygate.runtime.engines.engine import StreamEngine as StreamEngine
    from tallygate.runtime.engines.engine import Streams as Streams
    from tallygate.runtime.engines.engine import TextEngine as TextEngine
    from tallygate.runtime.engines.engine import copy_name as copy_name
    from tallygate.runtime.engines.engine import logits_of_rows as logits_of_rows
else:
    from tallygate.runtime.rooms import handed_on

    __getattr__, __dir__ = handed_on(
        __name__,
        {
            "creation": (
                "ENGINES",
                "available_engines",
                "create_engine",
                "create_streaming_engine",
                "engine_of_kernel",
            ),
            "engine": (
                "Engine",
                "ImageEngine",
                "StreamEngine",
                "Streams",
                "TextEngine",
                "copy_name",
                "logits_of_rows",
            ),
        },
    )
