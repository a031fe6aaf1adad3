"""Keywords of a transcript: RAKE (Rose et al. 2010), candidates between stop words, scored by degree over frequency."""

import re
from collections import Counter
from itertools import groupby

from pipeline.letters import MARKS

MAX_KEYWORDS = 10
_MAX_PHRASE_WORDS = 3
_LETTER = rf"(?:[^\W\d_][{MARKS}]*)"
_TOKEN = re.compile(rf"{_LETTER}+(?:['’]{_LETTER}+)*|[^\s\w]")
STOP_WORDS = frozenset(
    """
    a about above after again against all am an and any are as at be because been before being below between
    both but by can can't could did do does doing don't down during each few for from further had has have
    having he her here hers him his how i i'm if in into is it it's its just let like me more most my no nor
    not now of off on once only or other our out over own please really same she should so some such than
    that that's the their them then there these they this those through to too under until up very was we
    were what when where which while who whom why will with would yes you your
    """.split()  # noqa: SIM905 - a list of words reads better as words
)


def keywords(text: str) -> tuple[str, ...]:
    """At most ten phrases of one to three words, the most telling first; English stop words separate them."""
    phrases = _phrases(text)
    frequency = Counter(word for phrase in phrases for word in phrase)
    degree = Counter[str]()
    for phrase in phrases:
        for word in phrase:
            degree[word] += len(phrase)
    scores = {" ".join(phrase): sum(degree[word] / frequency[word] for word in phrase) for phrase in phrases}
    ranked = sorted(scores, key=lambda phrase: -scores[phrase])
    return tuple(ranked[:MAX_KEYWORDS])


def _phrases(text: str) -> list[tuple[str, ...]]:
    tokens: list[str] = _TOKEN.findall(text.lower())
    runs = (tuple(run) for kept, run in groupby(tokens, key=_is_content) if kept)
    return [phrase for phrase in runs if len(phrase) <= _MAX_PHRASE_WORDS]


def _is_content(token: str) -> bool:
    return token[0].isalpha() and len(token) > 1 and token.replace("’", "'") not in STOP_WORDS
