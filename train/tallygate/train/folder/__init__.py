"""What a run's folder holds: its layout, its checkpoint, its tensors."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tallygate.train.folder.checkpoint import Checkpoint as Checkpoint
    from tallygate.train.folder.checkpoint import load_checkpoint as load_checkpoint
    from tallygate.train.folder.checkpoint import save_checkpoint as save_checkpoint
    from tallygate.train.folder.checkpoint import shipped_checkpoint as shipped_checkpoint
    from tallygate.train.folder.layout import LAYOUT as LAYOUT
    from tallygate.train.folder.layout import RunFacts as RunFacts
    from tallygate.train.folder.layout import remove_leftovers as remove_leftovers
    from tallygate.train.folder.lock import check_unlocked as check_unlocked
    from tallygate.train.folder.lock import locked_folder as locked_folder
    from tallygate.train.folder.tensor_state import Tensors as Tensors
    from tallygate.train.folder.tensor_state import part_of as part_of
    from tallygate.train.folder.tensor_state import read_tensors as read_tensors
    from tallygate.train.folder.tensor_state import restore_training as restore_training
    from tallygate.train.folder.tensor_state import training_tensors as training_tensors
    from tallygate.train.folder.tensor_state import write_tensors as write_tensors
else:
    from tallygate.runtime.rooms import handed_on

    __getattr__, __dir__ = handed_on(
        __name__,
        {
            "checkpoint": ("Checkpoint", "load_checkpoint", "save_checkpoint", "shipped_checkpoint"),
            "layout": ("LAYOUT", "RunFacts", "remove_leftovers"),
            "lock": ("check_unlocked", "locked_folder"),
            "tensor_state": (
                "Tensors",
                "part_of",
                "read_tensors",
                "restore_training",
                "training_tensors",
                "write_tensors",
            ),
        },
    )
