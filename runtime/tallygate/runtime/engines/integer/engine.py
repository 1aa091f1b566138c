"""The integer LSTM on numpy: the specification itself, as the fallback where no native kernel is there."""

from __future__ import annotations

import hashlib

import numpy as np
from numpy.typing import NDArray

from tallygate.runtime.engines.engine import Streams
from tallygate.runtime.engines.integer.image import DeviceImage, read_image
from tallygate.runtime.engines.integer.image_layout import HASHED_HEADER, HEADER
from tallygate.runtime.engines.integer.lstm import IntegerLSTM
from tallygate.runtime.engines.pieces.errors import both_ends, has_ngrams
from tallygate.runtime.errors import GateError, InputError


class IntegerNumpyEngine:
    """Runs a device image in numpy. Safe to share between threads."""

    name = "numpy"
    provider = "numpy"
    precision = "integer"

    def __init__(self, image: bytes) -> None:
        """Raises :class:`BundleInvalidError` when ``image`` is not a device image."""
        self.image: DeviceImage = read_image(image, "variant integer")
        self._digest = image[HASHED_HEADER : HEADER.size]
        self._lstm = IntegerLSTM(self.image.model)

    def run(self, ids: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.float32]:
        """``ids`` [batch, time] and ``lengths`` [batch] -> logits [batch, outputs]."""
        return self.exact_logits(ids, lengths).astype(np.float32)

    def streams(self, count: int) -> Streams:
        """Texts that come in pieces. Raises :class:`InputError` where the model reads from both ends."""
        from tallygate.runtime.engines.integer.stream.specified import NumpyStreams

        if len(self.image.model.inputs) > 1:
            raise both_ends()
        if self.image.model.ngrams is not None:
            raise has_ngrams()
        return NumpyStreams(self.image, self._digest, self._lstm, count)

    def answers_of_goldens(self) -> str:
        """SHA-256 of all golden logits. Raises :class:`GateError` for a bit that is otherwise than at export."""
        image = self.image
        tokenizer = image.tokenizer()
        digest = hashlib.sha256()
        for number, golden in enumerate(image.goldens, 1):
            ids = np.array([tokenizer.encode(golden.text)])
            logits = self.exact_logits(ids, np.array([ids.shape[1]]))[0]
            if logits.tobytes() != golden.logits.tobytes():
                reason, mend = "is answered otherwise than at export", "do not serve this copy"
                raise GateError(f"golden text {number} of integer on numpy", reason, mend)
            digest.update(logits.tobytes())
        return digest.hexdigest()

    def exact_logits(self, ids: NDArray[np.int64], lengths: NDArray[np.int64]) -> NDArray[np.float64]:
        """As :meth:`run`, before the logits are made float32. Raises :class:`InputError` for ids that no row has."""
        rows = len(self.image.model.embedding)
        if ids.size and not 0 <= int(ids.min()) <= int(ids.max()) < rows:
            raise InputError("ids", f"lie outside 0 to {rows - 1}", "use the bundle's own tokenizer")
        return self._lstm.logits(ids, lengths)
