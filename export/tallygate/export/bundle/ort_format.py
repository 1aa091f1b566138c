"""onnxruntime's own format: ``.ort`` files, and the operators that a reduced build of onnxruntime needs for them.

https://onnxruntime.ai/docs/performance/model-optimizations/ort-format-models.html; the list of operators is for its
``build.sh --include_ops_by_config``.
"""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Mapping
from pathlib import Path

from tallygate.export.results import ExportResult, VariantResult
from tallygate.runtime.bundle import Bundle
from tallygate.runtime.engines.ort import OnnxRuntimeEngine
from tallygate.runtime.errors import GateError
from tallygate.runtime.outputs import atomic_directory
from tallygate.runtime.parity import GateReport, check_parity

CONFIG = "required_operators.config"


def write_ort_files(folder: str | Path, bundle: Bundle, result: ExportResult) -> list[GateReport]:
    """Write ``model.<variant>.ort`` of every variant that passed, and the list of operators, into a new folder.

    Each was held to its variant's gate again, on the goldens; returns the verdicts. Raises :class:`GateError` when one
    fails, and :class:`OutputError` when ``folder`` exists or cannot be written; nothing stands there then.
    """
    passed = [variant for variant in result.variants if variant.passed]
    models = {f"model.{variant.recipe.precision}.ort": ort_from_onnx(variant.model) for variant in passed}
    pairs = zip(passed, models.values(), strict=True)
    reports = [_gated(variant, model, bundle, result) for variant, model in pairs]
    with atomic_directory(folder) as place:
        for name, model in models.items():
            (place / name).write_bytes(model)
        (place / CONFIG).write_text(required_operators(models), encoding="utf-8", newline="\n")
    return reports


def ort_from_onnx(model: bytes) -> bytes:
    """The graph as an ``.ort`` file, with the optimizations that hold on every CPU; small weights stay small."""
    import onnxruntime

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.ort"
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
        options.optimized_model_filepath = str(path)
        options.log_severity_level = 3
        options.add_session_config_entry("session.save_model_format", "ORT")
        onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
        return path.read_bytes()


def required_operators(models: Mapping[str, bytes]) -> str:
    """The operators of ``.ort`` files, one line per domain and opset: ``domain;opset;Operator,Operator``."""
    from onnxruntime.tools.ort_format_model import create_config_from_models

    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / name for name in models]
        for path, model in zip(paths, models.values(), strict=True):
            path.write_bytes(model)
        config = Path(folder) / CONFIG
        logging.getLogger("ort_format_model.utils").setLevel(logging.WARNING)
        create_config_from_models(paths, config, False)
        lines = config.read_text(encoding="utf-8").splitlines()
    return "\n".join([f"# {', '.join(models)}", *(line for line in lines if not line.startswith("#"))]) + "\n"


def _gated(variant: VariantResult, model: bytes, bundle: Bundle, result: ExportResult) -> GateReport:
    engine = OnnxRuntimeEngine.unchecked(model, variant.recipe.precision, variant.recipe.session)
    report = check_parity(engine, bundle.tokenizer(), result.references[0])
    if not report.passed:
        raise GateError(f"the .ort file of {variant.recipe.precision}", report.failures()[0], "use the .onnx file")
    return report
