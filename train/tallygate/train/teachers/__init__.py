"""Models whose probabilities another model learns from."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tallygate.train.teachers.cache import cached_path as cached_path
    from tallygate.train.teachers.cache import locked as locked
    from tallygate.train.teachers.lesson import Lesson as Lesson
    from tallygate.train.teachers.scores import Probabilities as Probabilities
    from tallygate.train.teachers.scores import TeacherScores as TeacherScores
else:
    from tallygate.runtime.rooms import handed_on

    __getattr__, __dir__ = handed_on(
        __name__,
        {
            "cache": ("cached_path", "locked"),
            "lesson": ("Lesson",),
            "scores": ("Probabilities", "TeacherScores"),
        },
    )
