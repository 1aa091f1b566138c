"""The LSTM classifier and the arithmetic that trains it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tallygate.train.network.activations import ACTIVATIONS as ACTIVATIONS
    from tallygate.train.network.arithmetic import Precision as Precision
    from tallygate.train.network.arithmetic import autocast as autocast
    from tallygate.train.network.arithmetic import cpu_settings as cpu_settings
    from tallygate.train.network.arithmetic import resolve_precision as resolve_precision
    from tallygate.train.network.device import Device as Device
    from tallygate.train.network.device import resolve_device as resolve_device
    from tallygate.train.network.device import torch_device as torch_device
    from tallygate.train.network.huge_pages import VARIABLE as VARIABLE
    from tallygate.train.network.huge_pages import request_huge_pages as request_huge_pages
    from tallygate.train.network.model import LSTM as LSTM
    from tallygate.train.network.model import Architecture as Architecture
    from tallygate.train.network.model import LSTMClassifier as LSTMClassifier
    from tallygate.train.network.model import LSTMLayer as LSTMLayer
    from tallygate.train.network.model import parameter_count as parameter_count
    from tallygate.train.network.model import reverse_within_length as reverse_within_length
    from tallygate.train.network.ngrams import NgramPart as NgramPart
else:
    from tallygate.runtime.rooms import handed_on

    __getattr__, __dir__ = handed_on(
        __name__,
        {
            "activations": ("ACTIVATIONS",),
            "arithmetic": ("Precision", "autocast", "cpu_settings", "resolve_precision"),
            "device": ("Device", "resolve_device", "torch_device"),
            "huge_pages": ("VARIABLE", "request_huge_pages"),
            "model": (
                "Architecture",
                "LSTM",
                "LSTMClassifier",
                "LSTMLayer",
                "parameter_count",
                "reverse_within_length",
            ),
            "ngrams": ("NgramPart",),
        },
    )
