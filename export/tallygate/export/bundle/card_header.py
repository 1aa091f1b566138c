"""The YAML header of the model card, as model hubs read it (https://huggingface.co/docs/hub/model-cards)."""

from __future__ import annotations

import json
from collections.abc import Iterator

from tallygate.export.results import ExportOptions
from tallygate.runtime.bundle import Manifest
from tallygate.train.corpora import BUILT_IN


def card_header(manifest: Manifest, options: ExportOptions) -> str:
    """The header between its two ``---`` lines."""
    built_in = manifest.training.data in BUILT_IN
    language = options.language or ("en" if built_in else None)
    lines = [
        "---",
        *([f"language: {_yaml(language)}"] if language else []),
        f"license: {_yaml(options.license or ('apache-2.0' if built_in else 'other'))}",
        "library_name: tallygate",
        "pipeline_tag: text-classification",
        "tags: [lstm, onnx, text-classification, edge]",
        *([f"datasets: [{_yaml(manifest.training.data)}]"] if built_in else []),
        "metrics: [accuracy, f1]",
        *_model_index(manifest),
        "---",
    ]
    return "\n".join(lines)


def _model_index(manifest: Manifest) -> Iterator[str]:
    if not manifest.training.scores:
        return
    yield from ("model-index:", f"  - name: {_yaml(manifest.name)}", "    results:")
    for score in manifest.training.scores:
        yield "      - task: {type: text-classification}"
        yield f"        dataset: {{name: {_yaml(score.data)}, type: {_yaml(score.data)}, split: {score.split}}}"
        yield "        metrics:"
        yield f"          - {{type: accuracy, value: {score.accuracy:.4f}}}"
        yield f"          - {{type: f1, name: macro F1, value: {score.macro_f1:.4f}}}"


def _yaml(value: str) -> str:
    """A quoted string; YAML reads JSON's, and unquoted words such as ``no`` can mean something else."""
    return json.dumps(value, ensure_ascii=False)
