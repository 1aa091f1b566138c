"""What a preset says of short texts."""

from __future__ import annotations

from tallygate.train.presets.section import Section
from tallygate.train.presets.training import TrainingPreset


class ShortPreset(Section, frozen=True, kw_only=True):
    """Short texts: a last stage on the labelled texts, a crop of each, and short sentences of our own writing.

    The sentences are English and say good or bad, so the stage is left out where the labels are others."""

    training: TrainingPreset
    """Of each member; its precision is that of `[training]`, and its seed too, counted on from member to member."""
    negative: str = "negative"
    """The label of bad."""
    positive: str = "positive"
    """The label of good."""
    share: float = 0.4
    """Of written sentences among the rows."""
    members: int = 2
    """Trainings, each from the weights that the stage begins with, whose weights are averaged in the end."""
    pull: float = 0.2
    """Share of the weights that the stage begins with in that average: it takes back what the sentences cost elsewhere
    (Wortsman et al. 2022)."""
    label_share: float = 0.5
    """Share of the true label in the target of a whole text; the rest is what the network said of it before."""
    certainty: float = 0.9
    """Probability of a written sentence's label in its target."""
    crop_tokens: tuple[int, int] = (3, 60)
    """Shortest and longest crop."""

    def __post_init__(self) -> None:
        self.training._require(self.training.patience == 0, "patience", "0 in [short.training]")
        self._require(self.negative != self.positive, "positive", "another label than negative")
        self._require(0.0 <= self.share <= 0.9, "share", "from 0 to 0.9")
        self._require(1 <= self.members <= 100, "members", "from 1 to 100")
        self._require(0.0 <= self.pull < 1.0, "pull", "at least 0 and below 1")
        self._require(0.0 <= self.label_share <= 1.0, "label_share", "from 0 to 1")
        self._require(0.5 <= self.certainty <= 1.0, "certainty", "from 0.5 to 1")
        least, most = self.crop_tokens
        self._require(1 <= least <= most <= 100_000, "crop_tokens", "two numbers from 1 to 100,000, the lesser first")
