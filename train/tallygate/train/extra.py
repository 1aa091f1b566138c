"""What the extra ``[train]`` installs."""

MODULES = ("torch", "safetensors", "tqdm", "matplotlib", "pyarrow", "pooch", "scipy", "sklearn", "numba", "filelock")
"""Imported by any command that trains; one that is missing is told with the way to install the extra."""
