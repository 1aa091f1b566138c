"""Corpora: labelled texts from the built-in corpora, a file, or a folder, dealt out to splits."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tallygate.train.corpora.corpus import Corpus as Corpus
    from tallygate.train.corpora.corpus import Split as Split
    from tallygate.train.corpora.loading import BUILT_IN as BUILT_IN
    from tallygate.train.corpora.loading import load_corpus as load_corpus
    from tallygate.train.corpora.mini import review_sentences as review_sentences
    from tallygate.train.corpora.options import DATA_OPTIONS as DATA_OPTIONS
    from tallygate.train.corpora.options import add_data_options as add_data_options
    from tallygate.train.corpora.options import check_numbers as check_numbers
    from tallygate.train.corpora.options import given_data as given_data
    from tallygate.train.corpora.source import DataSource as DataSource
    from tallygate.train.corpora.splitting import text_key as text_key
    from tallygate.train.corpora.splitting import text_keys as text_keys
else:
    from tallygate.runtime.rooms import handed_on

    __getattr__, __dir__ = handed_on(
        __name__,
        {
            "corpus": ("Corpus", "Split"),
            "loading": ("BUILT_IN", "load_corpus"),
            "mini": ("review_sentences",),
            "options": ("DATA_OPTIONS", "add_data_options", "check_numbers", "given_data"),
            "source": ("DataSource",),
            "splitting": ("text_key", "text_keys"),
        },
    )
