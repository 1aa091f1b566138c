"""What an export was asked for, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray

from tallygate.export.graph import DEFAULT_OPSET
from tallygate.export.variants import DEFAULT_VARIANTS, WHERE_IT_FITS, VariantRecipe
from tallygate.runtime.bundle import Score
from tallygate.runtime.errors import VariantUnfitError
from tallygate.runtime.parity import GateReport, ParityResult, Reference, gate_of
from tallygate.train.scores import LengthBand


@dataclass(frozen=True)
class ExportOptions:
    """What can be chosen."""

    name: str | None = None
    """Name of the model; by default its corpus and preset."""
    license: str | None = None
    """SPDX identifier for the model card; by default ``apache-2.0`` for built-in corpora, else ``other``."""
    language: str | None = None
    """ISO 639 code for the model card; by default ``en`` for built-in corpora, else left out."""
    opset: int = DEFAULT_OPSET
    data_dir: str | None = None
    """Where the files of the checkpoint's corpus are."""
    variants: Sequence[str] = DEFAULT_VARIANTS
    """What is written if it passes its gate, the bundle's default first."""
    demanded: Sequence[str] = ()
    """Those of them without which the export has failed, even where the model does not allow them."""
    force: bool = False
    """Whether a bundle that stands there is overwritten."""
    rtx_targets: str | None = None
    """GPUs such as ``sm86,sm89`` for which TensorRT-RTX builds plans that go into the bundle."""
    streaming: bool = False
    """Whether a graph with states in and out is added."""


@dataclass(frozen=True)
class VariantResult:
    """One variant and its verdicts."""

    recipe: VariantRecipe
    graph: onnx.ModelProto
    model: bytes = field(repr=False)
    """The ONNX file."""
    results: list[ParityResult]
    """One per engine."""
    accuracy: Score | None
    """On the validation data, where that is at hand."""

    @property
    def reports(self) -> list[GateReport]:
        """The verdicts, one per engine."""
        return [result.report for result in self.results]

    @property
    def answers(self) -> NDArray[np.float32] | None:
        """Its logits on the goldens, where its gate holds a copy to them."""
        if gate_of(self.recipe.precision).drift is None or not self.results[0].comparisons:
            return None
        return self.results[0].comparisons[0].found

    @property
    def passed(self) -> bool:
        """Whether it passed its gate on every engine."""
        return all(report.passed for report in self.reports)


@dataclass(frozen=True)
class ExportResult:
    """What was made."""

    path: Path | None
    """Where the bundle is; ``None`` where no variant passed, so that none was written."""
    variants: list[VariantResult]
    files: dict[str, bytes] = field(repr=False)
    """The bundle's files by name; empty where none was written."""
    references: list[Reference]
    """What the variants were held to: the goldens, then validation and training texts where those are at hand."""
    labels_never_given: list[str]
    """Labels that the reference gives to none of these texts."""
    by_length: list[LengthBand]
    """How honest the reference is, by length; empty where no texts with labels are at hand."""
    refusals: Mapping[str, VariantUnfitError] = field(default_factory=dict)
    """Variants that the model does not fit, by name, and why."""
    demanded: Sequence[str] = ()
    """Variants that were asked for by name."""
    streaming: VariantResult | None = None
    """The graph with states, where one was asked for."""

    @property
    def copies(self) -> list[VariantResult]:
        """The variants, and the graph with states."""
        return [*self.variants, *([self.streaming] if self.streaming else [])]

    @property
    def passed(self) -> bool:
        """Whether every copy passed, but for defaults that are written where the model allows it alone."""
        failed = {copy.recipe.precision for copy in self.copies if not copy.passed}.union(self.refusals)
        return not failed.difference(set(WHERE_IT_FITS).difference(self.demanded))
