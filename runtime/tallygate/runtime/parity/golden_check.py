"""The check at load: one golden row must come out as the reference answered it, or nothing is served."""

from __future__ import annotations

import numpy as np

from tallygate.runtime.batches import pad
from tallygate.runtime.bundle import Bundle, Golden
from tallygate.runtime.engines import Engine
from tallygate.runtime.errors import GateError
from tallygate.runtime.parity.limits import gate_of
from tallygate.runtime.text import Tokenizer

_MEND = "do not serve this copy; run: tallygate verify"


def check_one_golden(bundle: Bundle, tokenizer: Tokenizer, engine: Engine) -> None:
    """Raise :class:`GateError` when the tokenizer or the engine answers a golden row unlike the reference."""
    golden = _telling_golden(bundle.goldens())
    ids = tokenizer.encode(golden.text)
    if ids != golden.ids:
        raise GateError(bundle.path, "its tokenizer gives other ids than the reference on a golden row", _MEND)
    batch = pad([ids])
    difference = np.abs(engine.run(batch.ids, batch.lengths)[0] - np.array(golden.logits)).max()
    limit = gate_of(engine.precision).max_logit_difference
    if not difference <= limit:
        reason = f"{engine.precision} on {engine.name} is {difference:.2g} off on a golden row, above {limit:g}"
        raise GateError(bundle.path, reason, _MEND)


def _telling_golden(goldens: list[Golden]) -> Golden:
    """The longest row of at most 64 ids: long enough to pass through every gate, short enough to cost nothing."""
    return max(goldens, key=lambda golden: (len(golden.ids) <= 64, len(golden.ids) if len(golden.ids) <= 64 else 0))
