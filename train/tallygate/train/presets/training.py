"""What a preset says of a training loop."""

from __future__ import annotations

from typing import Literal

from tallygate.train.presets.section import Section


class TrainingPreset(Section, frozen=True, kw_only=True):
    """The training loop."""

    epochs: int
    """Passes over the training data, at most."""
    batch_size: int = 64
    """Texts per step."""
    optimizer: Literal["adam", "adamw"] = "adam"
    """Adam (Kingma & Ba 2015), or AdamW with decoupled weight decay (Loshchilov & Hutter 2019)."""
    learning_rate: float = 1e-3
    """Highest step size."""
    weight_decay: float = 0.0
    """Strength of weight decay, of all weights but the embedding's."""
    embedding_rate: float = 1.0
    """How many times as fast as the other weights the embedding learns: vectors that begin well are moved little."""
    schedule: Literal["constant", "cosine", "linear"] = "constant"
    """How the learning rate falls after the warm-up; `cosine` and `linear` end at 1% of it."""
    warmup_steps: int = 0
    """Steps in which the learning rate rises from 0."""
    clip_norm: float = 1.0
    """Longest gradient (Euclidean norm over all parameters); 0 leaves gradients as they are."""
    patience: int = 0
    """Epochs without a better validation accuracy, or a lower loss at the same, that end the training; 0 is off."""
    keep: Literal["best", "last"] = "best"
    """Which epoch is kept: the best by validation accuracy, or the last, where a schedule has come to its end."""
    ema_decay: float = 0.0
    """Decay per step of the exponential moving average of the weights that is evaluated and kept; 0 is off. It begins
    lower, at (1 + step) / (10 + step), so that the first weights are soon forgotten."""
    word_dropout: float = 0.0
    """Share of the tokens that are replaced by the unknown word in training (Iyyer et al. 2015)."""
    label_smoothing: float = 0.0
    """Share of each label's probability that is spread over all labels (Szegedy et al. 2016)."""
    adversarial: float = 0.0
    """Length of the step toward a greater loss that a text's embedded words take, in root mean squares of their
    table; half of the loss is that of the moved text (Miyato et al. 2017). Training takes twice as long; 0 is off."""
    head_scale: float = 1.0
    """How many times larger the classifier's weights start and how many times faster they learn than the others."""
    class_weights: Literal["none", "balanced"] = "none"
    """`balanced` weighs each label by the inverse of its share of the training data."""
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    """Arithmetic of the forward pass; `auto` is bfloat16 where the CPU computes it natively."""
    seed: int = 0
    """Seed of initial weights, batch order and dropout."""

    def __post_init__(self) -> None:
        for field in ("epochs", "batch_size"):
            self._require(1 <= getattr(self, field) <= 1_000_000, field, "from 1 to 1,000,000")
        for field in ("weight_decay", "warmup_steps", "clip_norm", "patience", "seed"):
            self._require(getattr(self, field) >= 0, field, "at least 0")
        self._require(0.0 < self.learning_rate <= 10.0, "learning_rate", "above 0 and at most 10")
        for field in ("ema_decay", "word_dropout", "label_smoothing"):
            self._require(0.0 <= getattr(self, field) < 1.0, field, "at least 0 and below 1")
        self._require(0.0 <= self.adversarial <= 1000.0, "adversarial", "from 0 to 1000")
        self._require(0.0 <= self.embedding_rate <= 1000.0, "embedding_rate", "from 0 to 1000")
        self._require(0.0 < self.head_scale <= 1000.0, "head_scale", "above 0 and at most 1000")
