"""An ONNX file as it stands on disk, read without onnx, and the contract that it is held to."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tallygate.runtime.graph.architecture import ARCHITECTURE as ARCHITECTURE
    from tallygate.runtime.graph.architecture import ActivationName as ActivationName
    from tallygate.runtime.graph.architecture import Architecture as Architecture
    from tallygate.runtime.graph.architecture import Pooling as Pooling
    from tallygate.runtime.graph.architecture import Sizes as Sizes
    from tallygate.runtime.graph.architecture import check_pooling_floor as check_pooling_floor
    from tallygate.runtime.graph.contract import Fits as Fits
    from tallygate.runtime.graph.contract import Graph as Graph
    from tallygate.runtime.graph.contract import checked_graph as checked_graph
    from tallygate.runtime.graph.contract import checked_streaming_graph as checked_streaming_graph
    from tallygate.runtime.graph.contract import values_of as values_of
    from tallygate.runtime.graph.contract import weight_tensors as weight_tensors
    from tallygate.runtime.graph.form import Form as Form
    from tallygate.runtime.graph.form import streaming_form as streaming_form
    from tallygate.runtime.graph.network import Network as Network
    from tallygate.runtime.graph.ngram_terms import CODES as CODES
    from tallygate.runtime.graph.ngram_terms import DISPLACEMENTS as DISPLACEMENTS
    from tallygate.runtime.graph.ngram_terms import FINGERPRINTS as FINGERPRINTS
    from tallygate.runtime.graph.ngram_terms import SCALES as SCALES
    from tallygate.runtime.graph.onnx_file import Attribute as Attribute
    from tallygate.runtime.graph.onnx_file import Node as Node
    from tallygate.runtime.graph.onnx_file import OnnxFile as OnnxFile
    from tallygate.runtime.graph.onnx_file import ValueInfo as ValueInfo
    from tallygate.runtime.graph.onnx_file import read_onnx as read_onnx
    from tallygate.runtime.graph.storage import Storage as Storage
    from tallygate.runtime.graph.storage import storage_of as storage_of
    from tallygate.runtime.graph.streaming import State as State
    from tallygate.runtime.graph.streaming import check_has_state as check_has_state
    from tallygate.runtime.graph.streaming import states_of as states_of
    from tallygate.runtime.graph.terms import OPERATORS as OPERATORS
    from tallygate.runtime.graph.terms import Term as Term
    from tallygate.runtime.graph.terms import Terms as Terms
else:
    from tallygate.runtime.rooms import handed_on

    __getattr__, __dir__ = handed_on(
        __name__,
        {
            "architecture": (
                "ARCHITECTURE",
                "ActivationName",
                "Architecture",
                "Pooling",
                "Sizes",
                "check_pooling_floor",
            ),
            "contract": (
                "Fits",
                "Graph",
                "checked_graph",
                "checked_streaming_graph",
                "values_of",
                "weight_tensors",
            ),
            "form": ("Form", "streaming_form"),
            "network": ("Network",),
            "ngram_terms": ("CODES", "DISPLACEMENTS", "FINGERPRINTS", "SCALES"),
            "onnx_file": ("Attribute", "Node", "OnnxFile", "ValueInfo", "read_onnx"),
            "storage": ("Storage", "storage_of"),
            "streaming": ("State", "check_has_state", "states_of"),
            "terms": ("OPERATORS", "Term", "Terms"),
        },
    )
