"""A job's description taken apart: the sentences that want something, and what they name (decision 0031).

Clients also greet, explain, instruct and forbid, and name things while they do. A file that is like those is no better,
so that only sentences which want something are looked into, as far as there are any.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile

from pipeline.english import is_english
from pipeline.script import unquoted

MAX_SENTENCES = 12
MAX_PARTS = 24
"""Each is embedded; what a job wants stands in the first of them."""
MIN_LISTED = 3
"""Alternatives with nothing but commas between them."""
MAX_LISTED_WORDS = 3
"""Of each of those; longer ones describe rather than list."""

_MEDIUM = r"(?:photo(?:graph)?s?|pictures?|pics?|images?|snapshots?|shots?|scans?|videos?|clips?|footage|recordings?)"
_LEAD = re.compile(
    rf".*?\b{_MEDIUM}\s(?:of|showing|depicting|that\sshows?)(?:\s|$)"
    r"|.*?\b(?:we|i)(?:['’]\w+)?(?:\s(?!not\b|never\b)\w+){0,2}?\s(?:need|want|seek|like|look(?:ing)?\sfor)\s"
    r"|.*?\b(?:should|must|has\sto|have\sto)\s(?:show|depict)\s"
    rf"|\W*(?:please\s)?(?:photograph|film|record|scan|capture|show|take|send|upload)\s(?:us\s|me\s)?(?!.{{0,30}}{_MEDIUM}\b)",
    re.IGNORECASE | re.DOTALL,
)
"""What stands before the subject of a sentence that wants one."""
_HOW = r"(?!(?:only\s)?(?:good|high|natural|bright|clear|sharp|original|better|more|at\sleast|the\ssame)\b)"
_NAMES_IT = re.compile(
    rf".*?\b{_MEDIUM}\s(?:of|showing|depicting|that\sshows?)(?:\s{_HOW}|$)"
    r"|.*?\b(?:we|i)(?:['’]\w+)?(?:\s(?!not\b|never\b|would\b)\w+){0,2}?\s(?:need|want|seek|look(?:ing)?\sfor)\s"
    rf"{_HOW}(?!(?:to|it|them|these|those|you|your|all|every\w*)\b)"
    r"|\W*(?:please\s)?(?:photograph|scan)\s(?!(?:from|at|in|with|it|them|against|close)\b)",
    re.IGNORECASE | re.DOTALL,
)
"""A lead after which the subject stands for certain. The others may lead to how it is taken: "Film horizontally.",
"Images must show good lighting.", "We would like daylight.", "I want to see all of it.", "Scan at 300 dpi."."""
_INTRODUCES = re.compile(
    r"\W*(?:hello|hi|hey|dear|welcome|greetings|thanks?|good\s(?:day|morning|afternoon|evening)|(?:we|i)(?:['’]\w+|\s\w+)\b"
    r"|our\s(?:\w+\s){0,2}(?:company|team|app|start-?up|project|goal|model|customers?|research)|this\s(?:job|task|project)"
    r"|(?:project|job|task|about|background|overview|instructions?|description|title)\b(?:\s\w+)?\W*$)",
    re.IGNORECASE,
)
"""Who asks, and for what purpose."""
_FORBIDS = re.compile(
    r"(?:please,?\s)?(?:no\b(?!\s(?:matter|problem|later|more|less))|not\b(?!\sonly)|never\b|avoid\b|exclud|refrain|neither\b"
    r"|nothing\b|none\b|without\b|(?:reject(?:ed|s)?|forbidden|prohibited)$|(?:do\snot|don['’]t)\s(?!hesitate|forget|worry|be\sshy))"
    r"|.*(?:\bnot|\bnever|n['’]t|\bcannot)\s(?:be\s)?(?:\w+ly\s)?(?:allowed|accepted|permitted|wanted|paid|needed|acceptable|ok)\b"
    r"|.*\b(?:are|is|be|get|gets)\s(?:rejected|refused|prohibited|forbidden|disallowed|excluded|unacceptable)\b"
    r"|.*\b(?:must|should|may|can)(?:\snot|n['’]t)\b|.*\bcannot\b|.*\bthere\s(?:is|are|be)\sno\b",
    re.IGNORECASE | re.DOTALL,
)
_GOES_ON = r"(?:[^,;]*(?=,\s(?:of|showing|with|film|take|photograph|record|send|upload|capture|scan|please)\b)|.*)"
"""To the end, or to where a sentence takes up what it wants."""
_EXCEPTION = re.compile(
    r"\s?[,;–]\s(?:but\s|and\s|please\s)?(?:no|not|never|avoid|do\snot|don['’]t|except|excluding)\b"
    r"(?!\s(?:matter|only|just|necessarily|problem|more|less|later|hesitate|forget|worry|be\sshy|mínimo|máximo)\b)"
    rf"{_GOES_ON}"
    r"|\s(?:but\snot?|and\sno|with\sno|except|excluding|other\sthan)\b"
    rf"(?!\s(?:only|just|matter|more|less)\b){_GOES_ON}"
    rf"|\s(?:that|which|who)\s(?:are|is|do|does|have|has)(?:\snot|n['’]t)\b{_GOES_ON}"
    rf"|\s?[,;–]\s(?:\w+\s){{0,4}}{_MEDIUM}\s(?:will|may|must|should|can|are|be|get)\s(?:\w+\s){{0,2}}?"
    r"(?:rejected|refused|excluded|deleted|not|unacceptable)\b.*",
    re.IGNORECASE | re.DOTALL,
)
"""What a sentence leaves out of what it wants: "dogs, no cats", "animals that are not cats", "cats, blurry photos will
be rejected"."""
_SAYS_NOTHING = re.compile(
    rf"\b(?:{_MEDIUM}|please|take|send|upload|submit|an?|the|some|any|real|original|only|your|us|me|in|to)\b",
    re.IGNORECASE,
)
_END = re.compile(
    r"(?<!\bSt)(?<!\bMt)(?<!\bDr)(?<!e\.g)(?<!i\.e)(?<!\bapprox)(?<!\bincl)([.!?;:])\s|([。！？；：])"
    r"|\s?(\n\n)\s?|\s?(\n)\s?|\s([-–—])\s|\s?([()])\s?"
)
_OPEN = (":", ";", "(", "：", "；")
_CLOSE = (".", "!", "?", ")", "。", "！", "？", "\n\n")
_BULLETS = " \t•#>-–—"
_ARTICLE = re.compile(
    r"(?:an?|the|one|some|any|your|my|our|their|several|many|different|e\.g\.,?|i\.e\.,?|such as|\d[\d,.]*)\s",
    re.IGNORECASE,
)
_END_OF_SUBJECT = re.compile(
    r"\s(?:in|on|at|with|without|from|for|of|by|near|under|over|while|that|which|who|to|into|during|after|before)\b"
    r"|[;:!?。，]|\.$",
    re.IGNORECASE,
)
_BETWEEN_WORDS = r"(?<=[^\W\d_]{3})\s?[/&]\s?(?=[^\W\d_]{3})"
_CONJUNCTION = re.compile(rf"\b(?:and|or)\b|{_BETWEEN_WORDS}", re.IGNORECASE)
_SEPARATOR = re.compile(rf"\s?,\s?(?:(?:and/or|and|or|&)\s)?|\s(?:and/or|and|or)\s|{_BETWEEN_WORDS}", re.IGNORECASE)
_ADJECTIVE = re.compile(
    r"(?:red|orange|yellow|green|blue|black|white|gr[ae]y|brown|pink|big|small|large|old|new|young|clean|dirty|fresh|ripe"
    r"|clear|sharp|well[- ]lit|indoors|outdoors)",
    re.IGNORECASE,
)
"""Goes with the noun after the next "and", or with the one before."""


PEOPLE = frozenset(
    """
    person persons people human humans man men woman women child children kid kids boy boys girl girls baby babies adult
    adults selfie selfies family families crowd crowds friend friends worker workers student students
    """.split()  # noqa: SIM905 - a list of words reads better as words
)


FACES = frozenset(("person", "persons", "people", "human", "humans", "face", "faces", "adult", "adults", "selfie"))
"""Whom a face that is seen stands for, whoever it is."""


@dataclass(frozen=True, slots=True)
class Request:
    """What a description asks for, taken apart."""

    whole: str
    """All sentences that want something."""
    parts: tuple[str, ...]
    """What may be all that a file shows: each of these sentences, and of "cats, dogs or birds" each by itself."""
    subjects: tuple[str, ...]
    """The sentences, and what they name in a phrase and in its last word: "coffee shop menus", "menus"."""

    named: tuple[str, ...] = ()
    """The phrases alone."""
    is_foreign: bool = False
    """Whether it is in another language than English: none of its sentences wants something in English words, and all
    of them together, without what they quote, are not English."""

    @property
    def is_about_people(self) -> bool:
        """Whether one of the phrases is of people: "woman", "people dancing", but no "baby cat" and no "clock face"."""
        return any(_head(phrase).lower() in PEOPLE or phrase.lower() in FACES for phrase in self.named)

    @property
    def texts(self) -> tuple[str, ...]:
        """All of them, each once."""
        return tuple(dict.fromkeys((self.whole, *self.parts, *self.subjects, *self.named, *map(last_word, self.named))))


def request_of(description: str) -> Request:
    """Take a description apart.

    Where no sentence wants something in so many words, all do that do not forbid it. Where those that do may all be
    about how it is taken, the first one tells what.
    """
    asking = tuple(_asking(_tidied(description)))[:MAX_SENTENCES] or ((description.strip(), False),)
    wanting = [sentence for sentence, wants in asking if wants] or [sentence for sentence, _ in asking]
    if not any(map(_NAMES_IT.match, wanting)):
        first = next((sentence for sentence, wants in asking if wants or not _INTRODUCES.match(sentence)), wanting[0])
        wanting = wanting if first in wanting else [first, *wanting]
    parts = [part for sentence in wanting for part in (sentence, *_alternatives(sentence))]
    named = {sentence: _phrases(sentence) for sentence in wanting}
    subjects = [name for sentence in wanting for name in (sentence, *_with_last_words(named[sentence]))]
    phrases = [phrase for sentence in wanting for phrase in named[sentence]]
    is_foreign = not any(wants for _, wants in asking) and not is_english(unquoted(" ".join(wanting)))
    return Request(" ".join(wanting), _distinct(parts), _distinct(subjects), _distinct(phrases), is_foreign)


def last_word(phrase: str) -> str:
    """What a phrase is of: "menus" of "coffee shop menus"."""
    return phrase.split()[-1]


def _head(phrase: str) -> str:
    """The word that a phrase is of, whatever that does: "people" of "people dancing"."""
    first, *more = phrase.split()
    return [first, *takewhile(lambda word: not word.endswith("ing"), more)][-1]


def _tidied(description: str) -> str:
    """Without the marks of Markdown, and with one space where there are many."""
    text = re.sub(r"[*_`]+", "", description)
    text = re.sub(r"[^\S\n]+", " ", text)
    return re.sub(r" ?\n[ \n]*\n ?", "\n\n", text).strip()


def _asking(text: str) -> Iterator[tuple[str, bool]]:
    """The sentences that do not forbid anything, each with whether it wants something.

    What ends with a colon, a semicolon or an opening bracket ("Not accepted:") holds for what follows, up to the next
    full stop.
    """
    forbids = wants = goes_on = False
    for whole, end in _sentences(text):
        sentence = _without_exceptions(whole)
        forbids = (forbids and goes_on) or _FORBIDS.match(sentence) is not None
        wants = not forbids and ((wants and goes_on) or _LEAD.match(sentence) is not None)
        if not forbids and re.search(r"\w\w", sentence):
            yield sentence, wants
        goes_on = end in _OPEN or (goes_on and end not in _CLOSE)


def _without_exceptions(sentence: str) -> str:
    """As long as more is left than that it wants photos."""
    kept = _EXCEPTION.sub("", sentence)
    return kept if re.search(r"\w\w", _SAYS_NOTHING.sub("", kept)) else sentence


def _sentences(text: str) -> Iterator[tuple[str, str]]:
    """Each with the mark that ends it."""
    start = 0
    for found in _END.finditer(text):
        mark = next(group for group in found.groups() if group)
        kept = mark if mark in ".!?。！？" else ""
        yield (text[start : found.start()] + kept).strip(_BULLETS), mark
        start = found.end()
    yield text[start:].strip(_BULLETS), "."


def _alternatives(sentence: str) -> tuple[str, ...]:
    named = _named(sentence)
    listed = (part.strip() for part in _SEPARATOR.split(named))
    found = tuple(part for part in listed if part and not _FORBIDS.match(part) and not _ADJECTIVE.fullmatch(part))
    is_list = len(found) >= MIN_LISTED and all(len(part.split()) <= MAX_LISTED_WORDS for part in found)
    return found if is_list or _CONJUNCTION.search(named) else ()


def _phrases(sentence: str) -> tuple[str, ...]:
    return tuple(
        phrase
        for phrase in _alternatives(sentence) or _SEPARATOR.split(_named(sentence), maxsplit=1)[:1]
        if phrase.strip()
    )


def _with_last_words(phrases: tuple[str, ...]) -> Iterator[str]:
    for phrase in phrases:
        yield from (phrase, last_word(phrase))


def _named(sentence: str) -> str:
    """What a sentence names first: "coffee shop menus" of "50 photos of coffee shop menus with readable prices"."""
    lead = _LEAD.match(sentence)
    rest = sentence[lead.end() :] if lead else sentence
    while article := _ARTICLE.match(rest):
        rest = rest[article.end() :]
    named = _END_OF_SUBJECT.split(rest, maxsplit=1)[0].strip()
    return re.sub(r"\s(?:and|or)$", "", named)


def _distinct(texts: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for text in texts if text))[:MAX_PARTS]
