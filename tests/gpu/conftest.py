"""A bundle with every precision that a GPU runs, and a plan cache of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tallygate.export.pipeline import export_bundle
from tallygate.export.results import ExportOptions
from tallygate.runtime.bundle.reader import Bundle, open_bundle
from tallygate.runtime.machine.gpu import Gpu, cuda_state
from tallygate.train.folder.checkpoint import load_checkpoint, shipped_checkpoint


@pytest.fixture(scope="session")
def gpu() -> Gpu:
    """The GPU of this machine."""
    state = cuda_state()
    if not state.gpus:
        pytest.skip(f"needs an NVIDIA GPU: {state.problem}")
    return state.gpus[0]


@pytest.fixture(scope="session")
def bundle(gpu: Gpu, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """The shipped model in fp32, fp16 and bf16."""
    path = tmp_path_factory.mktemp("gpu") / "bundle"
    options = ExportOptions(variants=("fp32", "fp16", "bf16"))
    assert export_bundle(load_checkpoint(shipped_checkpoint()), path, options).passed
    return open_bundle(path)


@pytest.fixture(autouse=True, scope="session")
def cache_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Plans of these tests are kept for these tests alone."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TALLYGATE_CACHE", str(folder))
        yield folder
