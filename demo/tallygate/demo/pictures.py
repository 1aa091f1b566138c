"""Arrays as small pictures: one pixel per number, see-through where nothing is, so they fit a light and a dark page."""

from __future__ import annotations

import base64
import io
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

ABOVE, BELOW, SHARE = (12, 150, 160), (232, 108, 20), (98, 87, 220)
"""Red, green and blue of numbers above zero, below zero, and of shares from 0 to 1."""


@dataclass(frozen=True)
class Picture:
    """A picture that a page can show without asking for it."""

    uri: str
    full: float
    """The number that full colour stands for."""


def picture_of_shares(values: NDArray[np.float32]) -> Picture:
    """[words, units], 0 to 1 -> words from left to right, units from top to bottom."""
    return Picture(_uri(np.clip(values.T, 0, 1), SHARE, SHARE), 1.0)


def picture_of_signed(values: NDArray[np.float32], full: float | None = None) -> Picture:
    """[words, units], around 0 -> words from left to right; full colour is ``full``, by default the 99th percentile."""
    full = full or max(float(np.quantile(np.abs(values), 0.99)), 1e-6)
    return Picture(_uri(np.clip(values.T / full, -1, 1), ABOVE, BELOW), full)


def _uri(shades: NDArray[np.float32], above: tuple[int, int, int], below: tuple[int, int, int]) -> str:
    pixels = np.empty((*shades.shape, 4), np.uint8)
    pixels[..., :3] = np.where((shades >= 0)[..., None], above, below)
    pixels[..., 3] = np.round(255 * np.abs(shades))
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode("ascii")
