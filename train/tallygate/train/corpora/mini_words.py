"""The words of the ``mini`` corpus by slot. All were written for it; none was taken from a corpus."""

from __future__ import annotations


def _words(text: str) -> list[str]:
    return text.split()


ADJECTIVES = (
    _words(
        """awful bad boring dull dreary tedious clumsy weak lazy stale bland shallow hollow tiresome dismal dreadful
        terrible horrible pointless lifeless wooden muddled sloppy grating annoying forgettable predictable flat
        tired cheap ugly messy silly stupid confused plodding soulless charmless disappointing painful poor empty
        careless murky shoddy laboured crude insipid lame pitiful"""
    ),
    _words(
        """good great superb lovely charming delightful moving clever funny brilliant excellent wonderful marvellous
        splendid gripping tender warm graceful witty fresh honest bold vivid memorable thrilling touching enchanting
        terrific fine lively rich crisp sharp subtle elegant beautiful stirring rewarding satisfying hilarious
        captivating inspired masterful radiant dazzling joyful absorbing polished magnificent perfect"""
    ),
)
"""Adjectives by label."""

NOUNS = (
    _words(
        """bore mess chore disaster failure letdown mistake dud flop shambles headache embarrassment ordeal misfire
        drag"""
    ),
    _words(
        """joy treat gem delight triumph pleasure masterpiece wonder marvel success classic revelation winner knockout
        feast"""
    ),
)
"""Nouns for a whole film, by label; each takes the article "a" or "an"."""

VERBS = (
    _words("""hated disliked regretted resented loathed despised dreaded endured"""),
    _words("""loved enjoyed adored admired liked treasured relished cherished"""),
)
"""What a viewer did with a film, past tense, by label."""

BARE_VERBS = (
    _words("""hate dislike regret resent loathe despise dread endure"""),
    _words("""love enjoy adore admire like treasure relish cherish"""),
)
"""The same verbs without an ending, to stand after "did not"."""

REACTIONS = (
    (
        "i left early", "i checked my watch", "we walked out", "i fell asleep", "i wanted my money back",
        "my mind wandered", "we could not wait to leave", "i could not care less", "i never smiled once",
        "nobody laughed", "i yawned all the way", "we gave up on it", "i did not finish it", "i stopped watching",
        "it wasted my evening", "my patience ran out",
    ),
    (
        "i stayed to the end", "i could not stop smiling", "we clapped", "i laughed out loud", "i would pay twice",
        "i forgot the time", "we could not look away", "i could not be happier", "i was never bored once",
        "everybody laughed", "i grinned all the way", "we watched it again", "i did not want it to end",
        "i never stopped laughing", "it made my evening", "my heart melted",
    ),
)  # fmt: skip
"""Whole clauses by label; many negate a word of the other label."""

PARTS = _words(
    """acting plot script dialogue score music ending opening pacing editing lighting casting direction photography
    humour suspense action narration scenery design soundtrack setting finale premise mystery choreography sound"""
)
"""What a film is made of, neutral, singular, without a need for an article of its own."""

FILMS = _words(
    """film movie picture comedy thriller drama western musical sequel remake documentary cartoon feature romance
    adventure"""
)
"""What the thing is, neutral."""

PEOPLE = _words(
    """director writer actor actress lead cameraman composer editor producer narrator villain hero singer dancer cast
    crew"""
)
"""Who made it, neutral."""

VIEWERS = _words(
    """sister brother mother father neighbour friend cousin uncle aunt colleague teacher grandmother grandfather
    flatmate boss"""
)
"""Who saw it, neutral."""

PLACES = _words(
    """Lisbon Prague Vienna Dublin Oslo Boston Chicago Madrid Athens Glasgow Venice Berlin Cairo Lima Toronto Kyoto
    Geneva Naples Bristol Havana"""
)
"""Where it plays or was seen, neutral."""

DAYS = _words("""Monday Tuesday Wednesday Thursday Friday Saturday Sunday""")
TIMES = _words("""morning afternoon evening night""")
NUMBERS = _words("""two three four five six seven eight nine ten eleven twelve twenty thirty forty fifty""")
THINGS = _words(
    """ticket seat coat umbrella train tram bicycle letter suitcase lamp window garden kitchen river bridge station
    market library harbour bakery map photograph notebook piano clock"""
)
"""Things that stand about in a story, neutral."""

JOBS = _words(
    """baker sailor nurse farmer lawyer painter soldier student waiter clerk doctor gardener pilot driver tailor
    carpenter postman fisherman plumber librarian"""
)
"""Whom a story is about, neutral."""

COPULAS = _words("is was felt seemed looked")
"""Verbs between a part and its adjective; only the first two may stand before a noun."""

SLOTS: dict[str, list[str]] = {
    "part": PARTS, "film": FILMS, "person": PEOPLE, "viewer": VIEWERS, "place": PLACES, "day": DAYS, "time": TIMES,
    "number": NUMBERS, "thing": THINGS, "job": JOBS, "is": COPULAS, "be": COPULAS[:2],
}  # fmt: skip
"""Slots whose words say nothing about the label."""

LABELLED_SLOTS = {
    "adj": ADJECTIVES, "noun": NOUNS, "verbed": VERBS, "verb": BARE_VERBS, "reaction": REACTIONS,
}  # fmt: skip
"""Slots with words by label; a frame writes ``{+adj}`` for the label of its review, ``{-adj}`` for the other."""
