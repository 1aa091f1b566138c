"""One training from plan to result, resumable at every epoch."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tallygate.train.run.data import RunData as RunData
    from tallygate.train.run.data import run_data_from_corpus as run_data_from_corpus
    from tallygate.train.run.plan import RunPlan as RunPlan
    from tallygate.train.run.plan import TrainOptions as TrainOptions
    from tallygate.train.run.plan import plan_run as plan_run
    from tallygate.train.run.result import Result as Result
    from tallygate.train.run.result import summary as summary
    from tallygate.train.run.rivals import comparison as comparison
    from tallygate.train.run.state import copy_of_weights as copy_of_weights
    from tallygate.train.run.training import run_training as run_training
else:
    from tallygate.runtime.rooms import handed_on

    __getattr__, __dir__ = handed_on(
        __name__,
        {
            "data": ("RunData", "run_data_from_corpus"),
            "plan": ("RunPlan", "TrainOptions", "plan_run"),
            "result": ("Result", "summary"),
            "rivals": ("comparison",),
            "state": ("copy_of_weights",),
            "training": ("run_training",),
        },
    )
