"""The doctor on NVIDIA's driver and libraries: all that it knows comes from :mod:`tallygate.runtime.machine.gpu`."""

from __future__ import annotations

from collections.abc import Iterator

from tallygate.runtime.doctor.finding import Finding
from tallygate.runtime.machine import LibraryState, cuda_state, library_states


def gpu_findings() -> Iterator[Finding]:
    """The driver, its GPUs, and the libraries that would run on them. No library is loaded."""
    state = cuda_state()
    if state.problem:
        driver = f" (driver for CUDA {state.driver})" if state.driver else ""
        yield Finding(topic="gpu", name="driver", status="absent", text=state.problem + driver)
    for gpu in state.gpus:
        text = f"{gpu.architecture}, {gpu.memory / 2**30:.0f} GiB, driver for CUDA {state.driver}"
        yield Finding(topic="gpu", name=gpu.name, status="ok", text=text)
    for library in library_states():
        yield _library(library)


def _library(library: LibraryState) -> Finding:
    name = f"{library.library} {library.version}" if library.version else library.library
    if library.problem:
        # Without a GPU there is nothing to install for.
        mend = library.mend if cuda_state().gpus else None
        return Finding(topic="gpu", name=name, status="absent", text=library.problem, mend=mend)
    return Finding(topic="gpu", name=name, status="ok", text=f"engine {library.engine} can run")
