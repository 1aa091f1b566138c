"""Where the texts of a run come from: the arguments that load its corpus again."""

from __future__ import annotations

from pathlib import Path

import msgspec

from tallygate.train.corpora.corpus import Corpus
from tallygate.train.corpora.loading import load_corpus


class DataSource(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What was given as ``--data`` and the options beside it."""

    data: str
    """Name of a built-in corpus (``mini``, ``imdb``), or a file or folder."""
    data_dir: str | None = None
    """Folder of a built-in corpus' files, where the user named one."""
    text_column: str | None = None
    label_column: str | None = None
    unlabeled: str | None = None
    """File of further texts without labels."""
    validation: int | None = None
    """Rows that are held out of the training split for validation."""
    seed: int = 0
    """Decides which rows those are. It is apart from a run's seed, so that runs can be compared."""
    skip_bad: bool = False
    """Whether rows that cannot be read are left out."""

    @property
    def name(self) -> str:
        """Name of the corpus, without folders."""
        return Path(self.data).stem

    def load(self) -> Corpus:
        """Read the corpus. Raises the errors of :func:`tallygate.train.corpora.load_corpus`."""
        return load_corpus(
            self.data,
            data_dir=self.data_dir,
            text_column=self.text_column,
            label_column=self.label_column,
            validation=self.validation,
            seed=self.seed,
            skip_bad=self.skip_bad,
            unlabeled=self.unlabeled,
        )

    def without_paths(self) -> DataSource:
        """The same without a path of this machine: for what is handed on to others."""
        return msgspec.structs.replace(self, data=self.name, data_dir=None, unlabeled=self._unlabeled_name)

    @property
    def _unlabeled_name(self) -> str | None:
        return None if self.unlabeled is None else Path(self.unlabeled).name
