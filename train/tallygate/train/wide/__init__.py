"""The n-gram part beside the LSTM: which n-grams, their weights, a perfect hash of them, and the mixture."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tallygate.train.wide.features import Features as Features
    from tallygate.train.wide.features import ngram_keys as ngram_keys
    from tallygate.train.wide.fit import LinearNgrams as LinearNgrams
    from tallygate.train.wide.fit import fit_ngrams as fit_ngrams
    from tallygate.train.wide.hashing import PerfectHash as PerfectHash
    from tallygate.train.wide.hashing import perfect_hash as perfect_hash
    from tallygate.train.wide.mixing import FEWEST_ROWS as FEWEST_ROWS
    from tallygate.train.wide.mixing import Mixture as Mixture
    from tallygate.train.wide.mixing import fit_mixture as fit_mixture
    from tallygate.train.wide.part import mixed_model as mixed_model
    from tallygate.train.wide.part import part_from_ngrams as part_from_ngrams
else:
    from tallygate.runtime.rooms import handed_on

    __getattr__, __dir__ = handed_on(
        __name__,
        {
            "features": ("Features", "ngram_keys"),
            "fit": ("LinearNgrams", "fit_ngrams"),
            "hashing": ("PerfectHash", "perfect_hash"),
            "mixing": ("FEWEST_ROWS", "Mixture", "fit_mixture"),
            "part": ("mixed_model", "part_from_ngrams"),
        },
    )
