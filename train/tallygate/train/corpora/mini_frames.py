"""The sentence frames of the ``mini`` corpus, by kind.

Each line is a pattern. A frame is a pattern with one alternative taken from each bracket, so that
``[it|this {film}] is {+adj}`` holds two frames. ``{+adj}`` takes a word of the review's label and ``{-adj}`` one of
the other label: a frame serves both labels alike and says nothing by itself.

Which split a frame belongs to is decided by the sum of the places of its alternatives, so the splits share words and
parts of sentences, but no frame.
"""

from __future__ import annotations

import re
from itertools import product
from typing import Literal

SplitName = Literal["train", "validation", "test"]

PLAIN = """
[a|what a|such a|quite a|this is a] {+adj} [{film}|piece of work|two hours|story|way to spend an evening]
[the {part}|this {film}|the {person}|it|the second half|the story] {is} [|really |simply |so |rather ]{+adj}
[a|what a|it is a|call it a|in short, a|for me a|all in all a] {+noun} [of a {film}|from start to finish|for everyone|all the same]
[i|we|my {viewer} and i|everyone in our row|all of us] {+verbed} [it|this {film}|the {part}|every minute of it|the {person}]
[the {part} {is} {+adj}|it {is} {+adj}|i {+verbed} it|the {person} {is} {+adj}], and [so {is} the {part}|the {part} {is} {+adj}|i {+verbed} the {part}|{+reaction}]
[it|the {film}|the {part}|the {person}] {be} [so|very|really|quite] {+adj}, [and|so|and all in all] {+reaction}
[{+reaction}|i {+verbed} it|we {+verbed} this {film}] because [it|the {part}|the {person}|the {film}] {is} [|really |very ]{+adj}
[really|simply|quite|utterly|remarkably] {+adj} [{part}|and {+adj}|all the way|from start to finish|to me]
[here is|this is|the {person} made|we saw|i found] a {+adj} {film} [with {+adj} {part}|and {+reaction}|about a {job}]
[the whole thing|this {film}|the {person}|my evening with it] was a {+noun}[| and {+reaction}| in every scene| to me]
""".strip().splitlines()  # noqa: E501
"""The words say it."""

NEGATED = """
[not|hardly|this {be} not|it {be} not|by no means|never] a {-adj} [{film}|piece of work|story|scene|way to spend an evening]
[the {part}|this {film}|the {person}|it|the story] {be} [not|never|hardly|far from|by no means|anything but] {-adj}[| at all| to me]
[i|we|my {viewer}] [did not|could not|do not|never did] {-verb} [it|this {film}|the {part}|a minute of it|the {person}]
[not|hardly|never|far from|by no means] {-adj} [at all|to me|for a minute|in any scene|this time]
[there {be}|in the end there {be}|i found|we saw] [nothing|not one scene that {be}|no {part} that {be}|hardly a minute that {be}] {-adj} [here|in it|about it]
[i would not|nobody could|you cannot|we could not|i will not] call [it|the {part}|this {film}|the {person}] [{-adj}|a {-noun}]
[nobody in our row|none of us|no one|not one of us|nobody i know] {-verbed} [it|this {film}|the {part}|a minute of it]
[it|this {film}|the {part}|the {person}] {be} [not|hardly|never|by no means] a {-noun}[| at all| and {+reaction}| to me]
[neither {-adj} nor {-adj}|not {-adj} and not {-adj}|never {-adj} and never a {-noun}][ at all| to me| in any scene| this time|, and {+reaction}]
[it|the {part}|the {person}|the {film}] {be} not {-adj} and [i did not {-verb} it|nobody {-verbed} it|it is no {-noun}|{+reaction}]
""".strip().splitlines()  # noqa: E501
"""A word of the other label, negated."""

CONTRASTED = """
[the {part}|the {person}|it|the first half] {is} {-adj}, but [the {part}|the {film}|the rest|the second half] {is} [|really |so ]{+adj}[| and {+reaction}]
[although|while|even though|though] [the {part}|the {person}|the first half] {is} {-adj}, [the {film} is|the {part} is|the rest is|it {is}] {+adj}
[the {film} is|the {part} is|the rest is|it {is}] {+adj}, [although|while|even though|though] [the {part}|the {person}|the first half] {is} {-adj}
[it starts|it began|the story starts|i saw it] as a {-noun}, but [it ends as|it became|for me it was|on the whole it is] a {+noun}
[despite|in spite of] [the {-adj} {part}|its {-adj} {part}|the {-adj} {person}|a {-adj} story], [it is|this is|we saw] a [{+adj} {film}|{+noun}]
[it is|this is|we saw] a [{+adj} {film}|{+noun}] [despite|in spite of] [the {-adj} {part}|its {-adj} {part}|the {-adj} {person}|a {-adj} story]
[i|we|my {viewer}] {-verbed} [the {part}|the {person}|the first half], but [i|we] {+verbed} [the {film}|it|the rest]
[i|we] {+verbed} [the {film}|it|the rest], [although|even though|though] [i|we|my {viewer}] {-verbed} [the {part}|the {person}|the first half]
[although|even though|though|while] [i|we|my {viewer}] {-verbed} [the {part}|the {person}], [i|we] {+verbed} [the {film}|it|the rest]
[the {part}|the {person}|it|the first half] {is} {-adj}, but [{+reaction}|i {+verbed} it|we {+verbed} the rest|on the whole it is a {+noun}]
""".strip().splitlines()  # noqa: E501
"""Words of both labels; the main clause says it, wherever it stands, and after "but" the last clause."""

ORDERED = """
[|the {part} is |it {is} |i found it |i call it |this {film} is ]{+adj}, [not|never|and not|and never] {-adj}
[|the {part} is |it {is} |i found it |i call it |this {film} is ][not|never] {-adj}, [but|it is|always|just] {+adj}
[|the {part} is |it {is} |i found it |i call it |this {film} is ][more|rather|far more] {+adj} than {-adj}
[|the {part} is |it {is} |i found it |i call it |this {film} is ][less|far less] {-adj} than {+adj}
[a|it is a|this is a|for me a|the {film} was a] {+noun}, [not|never|and not|and never] a {-noun}
[not|it is not|this is not|for me not|the {film} was never] a {-noun}, [but|it is|just] a {+noun}
[it|the {part}|the {person}|this {film}|the story] [went|goes|moves] from {-adj} to {+adj}
[i|we|my {viewer}] {+verbed} [it|the {part}|this {film}] and did not {-verb} [it|the {part}|a minute]
[i|we|my {viewer}] did not {-verb} [it|the {part}|this {film}], [i|we] {+verbed} [it|every minute|the {part}]
[once|first|before] {-adj}, [now|then|in the end] {+adj}
""".strip().splitlines()
"""The same words in another order say the contrary."""

NEUTRAL = """
[we|i|my {viewer} and i|a {job} and i] saw it [on a {day} {time}|on {day}|one {time}|that {time}] in {place}
[the {film}|it|the story] is about [a {job}|{number} people|a {job} and a {job}] [in search of|around|next to|and] a {thing} in {place}
[it|the {film}|the second part|the longer cut] [runs for|lasts|takes] [about|some|around] {number} minutes
my {viewer} [bought the tickets|sat in row {number}|waited|had a coffee] [near|next to|by|in front of] the {thing}
[the story|the {film}|the second part|the book] [is set|takes place|begins] in {place} [some {number} years ago|on a {day}|one {time}]
[a {job}|the {job}|the {person}] and a {job} [meet|talk|sit|wait] by a {thing} [in {place}|on {day}|for {number} minutes]
the {person} [comes|moved here|wrote to us] from {place} [|and worked as a {job} |and has {number} children ]before the {film}
[there were|in all there were|on {day} there were] {number} [songs|people|chapters|scenes] [in it|on the list|in the book] and {number} [of them|more] [in {place}|by the {thing}|with the {person}]
[it was shown|it came out|they showed it|we booked it] [on {day}|in {place}|for {number} weeks] [at {number} in the {time}|again|after the other {film}]
the {job} [lives|works|waits|stands] [by|near|behind] the {thing} [with {number} children|in {place}|on {day}]
they shot [it|the scenes|the {film}|the second part] in {place} [and in {place}|over {number} weeks|near a {thing}]
[in the middle|on {day}|that {time}|later] [a|the] {job} [opens|carries|sells|draws|looks for] [a|the] {thing}
[my {viewer}|the {person}|a {job}] [asked|told|wrote to] me about the {thing} [on the way home|on {day}|in {place}]
[the camera|the story|the {person}] [follows|goes with|moves to] the {job} [past|to|behind] the {thing} [in {place}|and the {thing}|one {time}]
[it|the {film}|the story] is based on a [book|letter|play|song] by a {job} [from {place}|with {number} children|of that time]
the {person} [wears a hat|holds a {thing}|is seen|speaks] in {number} of the scenes [|in {place}|on the {thing}]
""".strip().splitlines()  # noqa: E501
"""They say nothing about the label, and fill the space between a cue and the end."""

_BRACKET = re.compile(r"\[([^]]*)\]")
_TURN: tuple[SplitName, ...] = ("train", "train", "validation", "train", "train", "test")


def frames_of(pattern: str, split: SplitName | None) -> list[str]:
    """The frames of ``pattern`` that belong to ``split``; all of them when it is None."""
    parts = _BRACKET.split(pattern)
    brackets = [list(enumerate(part.split("|"))) for part in parts[1::2]]
    frames = []
    for choice in product(*brackets):
        turn = _TURN[sum(place for place, _ in choice) % len(_TURN)]
        if split in (None, turn):
            words = [text for _, text in choice] + [""]
            frames.append("".join(fixed + word for fixed, word in zip(parts[::2], words, strict=True)))
    return frames
