"""Temperature scaling finds the temperature that spoiled the logits."""

from __future__ import annotations

import pytest
import torch

from tallygate.train.scores.calibration import fit_temperature
from tallygate.train.scores.length_law import HIGHEST, LOWEST


@pytest.mark.parametrize("spoiled_by", [0.4, 1.0, 3.0])
@pytest.mark.parametrize("outputs", [1, 4])
def test_it_undoes_overconfidence_and_its_opposite(spoiled_by: float, outputs: int) -> None:
    generator = torch.Generator().manual_seed(0)
    honest = torch.randn(20_000, outputs, generator=generator) * 2
    if outputs == 1:
        targets = torch.bernoulli(honest.sigmoid().squeeze(1), generator=generator).long()
    else:
        targets = torch.multinomial(honest.softmax(1), 1, generator=generator).squeeze(1)
    assert fit_temperature(honest * spoiled_by, targets) == pytest.approx(spoiled_by, rel=0.05)


def test_logits_without_a_mistake_and_logits_without_sense_stay_in_bounds() -> None:
    targets = torch.arange(10) % 2
    right = (targets.float() * 2 - 1).unsqueeze(1)
    assert fit_temperature(right, targets) == pytest.approx(LOWEST, rel=1e-3)
    assert fit_temperature(-right, targets) == pytest.approx(HIGHEST, rel=1e-3)
