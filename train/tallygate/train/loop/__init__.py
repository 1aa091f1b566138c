"""Batches, objective, schedule and the loop over them."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tallygate.train.loop.batching import EncodedSplit as EncodedSplit
    from tallygate.train.loop.batching import Indices as Indices
    from tallygate.train.loop.batching import TensorBatch as TensorBatch
    from tallygate.train.loop.batching import encode as encode
    from tallygate.train.loop.batching import shuffled_batches as shuffled_batches
    from tallygate.train.loop.batching import sorted_batches as sorted_batches
    from tallygate.train.loop.batching import tensors_of as tensors_of
    from tallygate.train.loop.distributed import ALONE as ALONE
    from tallygate.train.loop.distributed import World as World
    from tallygate.train.loop.distributed import joined_world as joined_world
    from tallygate.train.loop.objective import losses as losses
    from tallygate.train.loop.objective import predicted as predicted
    from tallygate.train.loop.schedule import cosine_share as cosine_share
    from tallygate.train.loop.trainer import DivergenceError as DivergenceError
    from tallygate.train.loop.trainer import EpochTotals as EpochTotals
    from tallygate.train.loop.trainer import Trainer as Trainer
    from tallygate.train.loop.trainer import new_model as new_model
else:
    from tallygate.runtime.rooms import handed_on

    __getattr__, __dir__ = handed_on(
        __name__,
        {
            "batching": (
                "EncodedSplit",
                "Indices",
                "TensorBatch",
                "encode",
                "shuffled_batches",
                "sorted_batches",
                "tensors_of",
            ),
            "distributed": ("ALONE", "World", "joined_world"),
            "objective": ("losses", "predicted"),
            "schedule": ("cosine_share",),
            "trainer": ("DivergenceError", "EpochTotals", "Trainer", "new_model"),
        },
    )
