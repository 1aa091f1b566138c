"""What logits are divided by before they become probabilities: a number per length of a text.

A law is fitted in training alone. What travels is its values, so that no device and no language computes it: the same
bits everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import msgspec

from tallygate.runtime.bundle.limits import MAX_LINE, MAX_TEMPERATURES

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MIN_TEMPERATURE, MAX_TEMPERATURE = 2.0**-126, 2.0**126
"""Within the normal numbers of float32, so that no logit that is one overflows when it is divided."""
Temperature = Annotated[float, msgspec.Meta(ge=MIN_TEMPERATURE, le=MAX_TEMPERATURE)]


class Temperatures(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One per number of tokens that are read of a text."""

    law: Annotated[str, msgspec.Meta(max_length=MAX_LINE)]
    """How they came about, for people."""
    table: Annotated[tuple[Temperature, ...], msgspec.Meta(min_length=1, max_length=MAX_TEMPERATURES)]
    """Of 1, 2, ... tokens; the last one of all longer texts."""

    @classmethod
    def constant(cls, temperature: float) -> Temperatures:
        """The same for all lengths."""
        return cls(law=f"{temperature:.6g} for every length", table=(temperature,))

    def of(self, lengths: Sequence[int] | NDArray[np.int64]) -> NDArray[np.float64]:
        """Numbers of tokens, each at least 1 -> float64 of the same shape."""
        import numpy as np

        places = np.minimum(lengths, len(self.table)) - 1
        result: NDArray[np.float64] = np.array(self.table)[places]
        return result
