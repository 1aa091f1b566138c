"""Presets: every choice of a training run as one TOML file. Unknown keys and impossible values are errors."""

from __future__ import annotations

import tomllib
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Literal

import msgspec

from tallygate.runtime.engines.plain import ActivationName
from tallygate.runtime.errors import PresetError
from tallygate.runtime.graph import Pooling, check_pooling_floor
from tallygate.runtime.ngrams import MAX_IDS, longest_text
from tallygate.train.presets.section import Section
from tallygate.train.presets.short import ShortPreset
from tallygate.train.presets.training import TrainingPreset


class TextPreset(Section, frozen=True, kw_only=True):
    """How text becomes ids."""

    vocabulary_size: int
    """Rows of the embedding, padding (row 0) and unknown (row 1) included."""
    max_length: int
    """Longest text in tokens; the rest is cut off."""
    keep: Literal["first", "last"] = "last"
    """Which end of a longer text is kept."""
    punctuation: str = ""
    """Each character is a punctuation mark that becomes a token of its own."""

    def __post_init__(self) -> None:
        self._require(3 <= self.vocabulary_size <= 10_000_000, "vocabulary_size", "from 3 to 10,000,000")
        self._require(1 <= self.max_length <= 100_000, "max_length", "from 1 to 100,000")


_DROPOUTS = (
    "dropout",
    "embedding_dropout",
    "variational_dropout",
    "token_dropout",
    "output_dropout",
    "weight_drop",
)


class ModelPreset(Section, frozen=True, kw_only=True):
    """The network: embedding, LSTM, pooling, activation, dropout, linear."""

    embedding_size: int
    """Size of one word's vector."""
    hidden_size: int
    """Units of the LSTM, per direction."""
    layers: int = 1
    """Stacked LSTM layers."""
    bidirectional: bool = False
    """Read every text from both ends and join what was read."""
    pooling: Pooling = "last"
    """What the classifier sees: the last valid state, or the mean or maximum over the valid states."""
    pooling_floor: int = 1
    """Least divisor of a mean: below so many tokens, texts speak the more softly the shorter they are."""
    head_activation: ActivationName = "linear"
    """What is applied to these features before the linear layer; `linear` leaves them as they are."""
    dropout: float = 0.0
    """Share of the pooled features, and of the features between layers, that is dropped in training."""
    embedding_dropout: float = 0.0
    """Share of the embedding's output that is dropped in training."""
    variational_dropout: float = 0.0
    """Share of the embedding's features that is dropped, the same at every step of a text (Gal & Ghahramani 2016)."""
    token_dropout: float = 0.0
    """Share of the words of a text whose vectors are dropped in training."""
    output_dropout: float = 0.0
    """Share of the LSTM's output features that is dropped, the same at every step of a text."""
    weight_drop: float = 0.0
    """Share of the recurrent weights that is dropped, others in every batch (Merity et al. 2018)."""

    def __post_init__(self) -> None:
        for field in ("embedding_size", "hidden_size", "layers"):
            self._require(1 <= getattr(self, field) <= 65_536, field, "from 1 to 65,536")
        for field in _DROPOUTS:
            self._require(0.0 <= getattr(self, field) < 1.0, field, "at least 0 and below 1")
        check_pooling_floor(self.pooling, self.pooling_floor)


class TeacherPreset(Section, frozen=True, kw_only=True):
    """Distillation: the network learns a teacher's probabilities, of unlabelled texts too (Hinton et al. 2015)."""

    models: tuple[Literal["ngrams", "documents"], ...] = ("ngrams", "documents")
    """Whose calibrated logits are averaged; a teacher of the command line takes their place."""
    network: str | None = None
    """A preset that is trained first, on the same data; texts without a label get the mean of its logits and the
    models'. Labelled texts get the models' alone: the network has seen their labels."""
    folds: int = 5
    """Parts of the training data, each scored by a teacher that was fitted on the others."""
    label_share: float = 0.5
    """Share of the true label in the target of a labelled text; the rest is the teacher's probability."""
    document_size: int = 192
    """Size of a document vector."""
    document_epochs: int = 10
    """Passes over all texts that train the document vectors."""

    def __post_init__(self) -> None:
        self._require(len(set(self.models)) == len(self.models) > 0, "models", "one or more, each once")
        self._require(2 <= self.folds <= 100, "folds", "from 2 to 100")
        self._require(0.0 <= self.label_share <= 1.0, "label_share", "from 0 to 1")
        self._require(1 <= self.document_size <= 65_536, "document_size", "from 1 to 65,536")
        self._require(1 <= self.document_epochs <= 1_000_000, "document_epochs", "from 1 to 1,000,000")


class WordsPreset(Section, frozen=True, kw_only=True):
    """What the embedding begins with; and more words than rows: words that a trained wide network treats alike share a
    row."""

    start: str = "none"
    """Vectors that words begin with: `movies` (shipped, of 18,000 words of film reviews), `texts` (made of this run's
    own texts, those without a label among them), a file of word2vec's or GloVe's text format, or `none`."""
    size: int = 0
    """Rows of the wide network: its most frequent words have one each. 0 leaves every word a row of its own."""
    single_rows: int = 0
    """The most frequent words keep a row each; the rest is clustered (k-means) onto the remaining rows."""
    epochs: int = 1
    """Passes over the data that train the wide network, with the settings of `[training]`."""

    def __post_init__(self) -> None:
        self._require(self.size == 0 or 3 <= self.size <= 10_000_000, "size", "0, or from 3 to 10,000,000")
        self._require(0 <= self.single_rows <= self.size, "single_rows", "from 0 to size")
        self._require(1 <= self.epochs <= 1_000_000, "epochs", "from 1 to 1,000,000")


class WidePreset(Section, frozen=True, kw_only=True):
    """Words and n-grams that stand beside the LSTM, fitted apart from it (Cheng et al. 2016 call such a model wide and
    deep; docs/ngrams.md)."""

    longest: Literal[2, 3] = 2
    """Words of the longest n-gram."""
    rows: int = 131_072
    """N-grams that are kept at most, beside the words: those that move most texts."""
    least_texts: int = 2
    """Training texts that an n-gram must stand in."""
    cost: float = 0.1
    """Inverse strength of the SVM's L2 penalty."""
    folds: int = 5
    """Parts of the training data, each scored by a fit on the others, which tell how sure the scores are."""

    def __post_init__(self) -> None:
        self._require(0 <= self.rows <= 1_500_000, "rows", "from 0 to 1,500,000")
        self._require(1 <= self.least_texts <= 1_000_000, "least_texts", "from 1 to 1,000,000")
        self._require(0.0 < self.cost <= 1e6, "cost", "above 0 and at most 1,000,000")
        self._require(2 <= self.folds <= 100, "folds", "from 2 to 100")


class LanguageModelPreset(Section, frozen=True, kw_only=True):
    """Pretraining of embedding and first layer as a language model on all texts (Dai & Le 2015), in each direction."""

    epochs: int
    """Passes over all texts."""
    batch_size: int = 64
    """Texts per step."""
    learning_rate: float = 4e-3
    """Highest step size; it falls to 1% along half a cosine."""
    warmup_steps: int = 100
    """Steps in which the learning rate rises from 0."""
    share: float = 0.25
    """Share of the positions, drawn anew for every batch, whose next word is predicted."""
    negatives: int = 768
    """Other words that each next word is told from, drawn once per batch by frequency to the power 3/4."""

    def __post_init__(self) -> None:
        for field in ("epochs", "batch_size", "negatives"):
            self._require(1 <= getattr(self, field) <= 1_000_000, field, "from 1 to 1,000,000")
        self._require(0.0 < self.learning_rate <= 10.0, "learning_rate", "above 0 and at most 10")
        self._require(self.warmup_steps >= 0, "warmup_steps", "at least 0")
        self._require(0.0 < self.share <= 1.0, "share", "above 0 and at most 1")


class Preset(Section, frozen=True, kw_only=True):
    """One recipe, whole."""

    text: TextPreset
    model: ModelPreset
    training: TrainingPreset
    tuning: TrainingPreset | None = None
    """A second stage on the labelled texts alone that goes on from the first one's weights; its seed and precision are
    those of `[training]`."""
    short: ShortPreset | None = None
    """None learns from whole texts alone."""
    teacher: TeacherPreset | None = None
    """None learns from the labels alone."""
    words: WordsPreset | None = None
    """None gives every word of the vocabulary a row of its own."""
    language_model: LanguageModelPreset | None = None
    """None begins with random weights."""
    wide: WidePreset | None = None
    """None has no n-grams beside the LSTM."""
    baselines: bool = False
    """Whether models that count are trained on the same texts, to tell what they reach."""

    def __post_init__(self) -> None:
        if self.wide is not None:
            self._check_wide(self.wide)
        if self.words is not None and self.shares_rows:
            rows, words = self.text.vocabulary_size, self.words
            self.words._require(words.size >= rows, "size", f"at least vocabulary_size, {rows}")
            self.words._require(words.single_rows < rows - 2, "single_rows", f"below vocabulary_size - 2, {rows - 2}")

    def _check_wide(self, wide: WidePreset) -> None:
        self.text._require(self.text.vocabulary_size <= MAX_IDS, "vocabulary_size", f"at most {MAX_IDS:,} with n-grams")
        most = longest_text(wide.longest)
        self.text._require(self.text.max_length <= most, "max_length", f"at most {most:,} with n-grams")
        if self.shares_rows:
            raise ValueError("[wide] needs a row for each word, and [words] lets words share rows")

    @property
    def shares_rows(self) -> bool:
        """Whether words share rows of the embedding."""
        return self.words is not None and self.words.size > 0

    @property
    def start(self) -> str:
        """What words' vectors begin with."""
        return "none" if self.words is None else self.words.start

    @property
    def learns_from_unlabeled(self) -> bool:
        """Whether texts without labels are of use."""
        return self.teacher is not None or self.language_model is not None or self.start == "texts"


def preset_names() -> list[str]:
    """Names of the presets that ship with the package."""
    return sorted(entry.name.removesuffix(".toml") for entry in _shipped().iterdir() if entry.name.endswith(".toml"))


def load_preset(name: str | Path) -> Preset:
    """Load a shipped preset by name, or any ``.toml`` file by path.

    Raises :class:`PresetError` when it is unknown, is not TOML, or has an unknown or impossible field.
    """
    if str(name) in preset_names():
        return _preset_from_toml(str(name), _shipped().joinpath(f"{name}.toml").read_text("utf-8"))
    path = Path(name)
    if path.suffix != ".toml":
        known = ", ".join(preset_names())
        raise PresetError(f"preset {name!r}", "is unknown", f"choose one of {known}, or name a .toml file")
    try:
        return _preset_from_toml(str(path), path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = f"cannot be read ({getattr(error, 'strerror', None) or error})"
        raise PresetError(path, reason, "check the path") from error


def _shipped() -> Traversable:
    return files("tallygate.train") / "presets"


def _preset_from_toml(name: str, text: str) -> Preset:
    try:
        return msgspec.convert(tomllib.loads(text), Preset)
    except (tomllib.TOMLDecodeError, msgspec.ValidationError, RecursionError) as error:
        raise PresetError(name, f"is not a preset ({error})", "mend that line of the file") from error
