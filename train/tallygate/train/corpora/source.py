"""Where the texts of a run come from: the arguments that load its corpus again."""

from __future__ import annotations

from pathlib import Path

import msgspec

from tallygate.train.corpora.corpus import Corpus
from tallygate.train.corpora.loading import BUILT_IN, load_corpus


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
    encoding: str | None = None
    """Of text files, UTF-8 where none is named."""
    validation: int | float | str | None = None
    """What is held out for validation: a number or share of the training texts, or a file of its own."""
    test: int | float | str | None = None
    """What is held out for the test, likewise."""
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
            encoding=self.encoding,
            validation=self.validation,
            test=self.test,
            seed=self.seed,
            skip_bad=self.skip_bad,
            unlabeled=self.unlabeled,
        )

    def with_whole_paths(self) -> DataSource:
        """The same from wherever it is loaded: a run may be exported, or go on, from another folder."""
        paths = self._paths() | ({} if self.data in BUILT_IN else {"data": self.data})
        paths |= {} if self.data_dir is None else {"data_dir": self.data_dir}
        return msgspec.structs.replace(self, **{field: str(Path(path).absolute()) for field, path in paths.items()})

    def without_paths(self) -> DataSource:
        """The same without a path of this machine: for what is handed on to others."""
        names = {field: Path(path).name for field, path in self._paths().items()}
        return msgspec.structs.replace(self, data=self.name, data_dir=None, **names)

    def _paths(self) -> dict[str, str]:
        """Of files beside the data, by field."""
        files = {field: getattr(self, field) for field in ("unlabeled", "validation", "test")}
        return {field: value for field, value in files.items() if isinstance(value, str)}
