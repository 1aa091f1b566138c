"""How good a classifier is: metrics, calibration, coverage, their pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tallygate.train.scores.calibration import answers_from_logits as answers_from_logits
    from tallygate.train.scores.calibration import answers_of as answers_of
    from tallygate.train.scores.calibration import fit_temperature as fit_temperature
    from tallygate.train.scores.calibration import fit_temperatures as fit_temperatures
    from tallygate.train.scores.calibration_error import Calibration as Calibration
    from tallygate.train.scores.calibration_error import Confidences as Confidences
    from tallygate.train.scores.calibration_error import calibration_from_logits as calibration_from_logits
    from tallygate.train.scores.calibration_error import confidences_from_logits as confidences_from_logits
    from tallygate.train.scores.calibration_figures import draw_coverage as draw_coverage
    from tallygate.train.scores.calibration_figures import draw_lengths as draw_lengths
    from tallygate.train.scores.calibration_figures import draw_reliability as draw_reliability
    from tallygate.train.scores.coverage import CoveragePoint as CoveragePoint
    from tallygate.train.scores.coverage import coverage_points as coverage_points
    from tallygate.train.scores.crops import crops_of as crops_of
    from tallygate.train.scores.evaluation import confusion_from_logits as confusion_from_logits
    from tallygate.train.scores.evaluation import evaluate as evaluate
    from tallygate.train.scores.evaluation import score_from_labels as score_from_labels
    from tallygate.train.scores.evaluation import score_from_logits as score_from_logits
    from tallygate.train.scores.evaluation import wilson_interval as wilson_interval
    from tallygate.train.scores.figures import draw_confusion as draw_confusion
    from tallygate.train.scores.figures import draw_curve as draw_curve
    from tallygate.train.scores.length_bands import LengthBand as LengthBand
    from tallygate.train.scores.length_bands import bands_by_length as bands_by_length
    from tallygate.train.scores.metrics import EpochMetrics as EpochMetrics
    from tallygate.train.scores.metrics import Stage as Stage
    from tallygate.train.scores.metrics import is_best_so_far as is_best_so_far
    from tallygate.train.scores.metrics import jsonl_from_metrics as jsonl_from_metrics
    from tallygate.train.scores.metrics import metrics_from_jsonl as metrics_from_jsonl
else:
    from tallygate.runtime.rooms import handed_on

    __getattr__, __dir__ = handed_on(
        __name__,
        {
            "calibration": ("answers_from_logits", "answers_of", "fit_temperature", "fit_temperatures"),
            "calibration_error": (
                "Calibration",
                "Confidences",
                "calibration_from_logits",
                "confidences_from_logits",
            ),
            "calibration_figures": ("draw_coverage", "draw_lengths", "draw_reliability"),
            "coverage": ("CoveragePoint", "coverage_points"),
            "crops": ("crops_of",),
            "evaluation": (
                "confusion_from_logits",
                "evaluate",
                "score_from_labels",
                "score_from_logits",
                "wilson_interval",
            ),
            "figures": ("draw_confusion", "draw_curve"),
            "length_bands": ("LengthBand", "bands_by_length"),
            "metrics": ("EpochMetrics", "Stage", "is_best_so_far", "jsonl_from_metrics", "metrics_from_jsonl"),
        },
    )
