"""Models that count: n-grams and fastText, and scores out of fold."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tallygate.train.baselines.fasttext_model import LABEL as LABEL
    from tallygate.train.baselines.fasttext_model import best_label as best_label
    from tallygate.train.baselines.fasttext_model import write_texts as write_texts
    from tallygate.train.baselines.folds import Fit as Fit
    from tallygate.train.baselines.folds import Logits as Logits
    from tallygate.train.baselines.folds import Scores as Scores
    from tallygate.train.baselines.folds import held_out_scores as held_out_scores
    from tallygate.train.baselines.folds import mean_of as mean_of
    from tallygate.train.baselines.folds import out_of_fold as out_of_fold
    from tallygate.train.baselines.folds import predicted as predicted
    from tallygate.train.baselines.folds import probabilities as probabilities
    from tallygate.train.baselines.nb_svm import INTERPOLATION as INTERPOLATION
    from tallygate.train.baselines.nb_svm import nb_svm_decision as nb_svm_decision
    from tallygate.train.baselines.ngrams import log_ratio as log_ratio
    from tallygate.train.baselines.ngrams import ngram_teacher as ngram_teacher
    from tallygate.train.baselines.rivals import RivalAnswers as RivalAnswers
    from tallygate.train.baselines.rivals import rival_answers as rival_answers
else:
    from tallygate.runtime.rooms import handed_on

    __getattr__, __dir__ = handed_on(
        __name__,
        {
            "fasttext_model": ("LABEL", "best_label", "write_texts"),
            "folds": (
                "Fit",
                "Logits",
                "Scores",
                "held_out_scores",
                "mean_of",
                "out_of_fold",
                "predicted",
                "probabilities",
            ),
            "nb_svm": ("INTERPOLATION", "nb_svm_decision"),
            "ngrams": ("log_ratio", "ngram_teacher"),
            "rivals": ("RivalAnswers", "rival_answers"),
        },
    )
