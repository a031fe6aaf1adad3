"""A job's description taken apart: its sentences, and what they name (decision 0031)."""

import re

MAX_SENTENCES = 12
MAX_PARTS = 24
"""Each is embedded; what a job wants stands in the first of them."""

_END_OF_SENTENCE = re.compile(r"(?<=[.!?;:])\s+|(?<=[。！？；：])|\n+|\s+[-–—]\s+|\s*[()]\s*")
_BULLETS = " \t*•#>-–—"
_FORBIDS = re.compile(r"\b(?:no|not|never|without|avoid|except|cannot|reject(?:ed)?)\b|n['’]t\b", re.IGNORECASE)
_MEDIUM = (
    r"(?:photo(?:graph)?s?|pictures?|pics?|images?|snapshots?|shots?|scans?|selfies|videos?|clips?|footage|recordings?)"
)
_LEAD = re.compile(
    rf".*?\b{_MEDIUM}\s+(?:of|showing|that\s+shows?|with)\s+"
    r"|\W*(?:please\s+)?(?:photograph|film|record|scan|capture|show|take|send|upload)\s+(?:us\s+|me\s+)?",
    re.IGNORECASE | re.DOTALL,
)
_ARTICLE = re.compile(r"(?:an?|the|one|some|any|your|my|our|their|several|many|different|\d[\d,.]*)\s+", re.IGNORECASE)
_END_OF_SUBJECT = re.compile(
    r"\s+(?:in|on|at|with|from|for|of|by|near|under|over|while|that|which|who|to|into|during|after|before)\b"
    r"|[;:.!?。，]",
    re.IGNORECASE,
)
_CONJUNCTION = re.compile(r"\b(?:and|or)\b|[/&]", re.IGNORECASE)
_SEPARATOR = re.compile(r"\s*,\s*(?:(?:and/or|and|or|&)\s+)?|\s+(?:and/or|and|or)\s+|\s*[/&]\s*", re.IGNORECASE)
MIN_LISTED = 3
"""Alternatives with nothing but commas between them."""
MAX_LISTED_WORDS = 3
"""Of each of those; longer ones describe rather than list."""


def sentences(description: str) -> tuple[str, ...]:
    """What a description asks for, sentence by sentence.

    A sentence that says what must not be ("No filters, please.") is left out: a file that is like it is no better.
    """
    found = [part.strip(_BULLETS) for part in _END_OF_SENTENCE.split(description) if re.search(r"\w\w", part)]
    asking = [part for place, part in enumerate(found) if not _forbids(part, is_first=place == 0)]
    return tuple(asking[:MAX_SENTENCES]) if len(found) > 1 and asking else (description.strip(),)


def parts(description: str) -> tuple[str, ...]:
    """What may be all that a file shows: each sentence, and of "cats, dogs or birds" also each by itself."""
    found = [part for sentence in sentences(description) for part in (sentence, *_alternatives(sentence))]
    return tuple(dict.fromkeys(found))[:MAX_PARTS]


def subjects(description: str) -> tuple[str, ...]:
    """What a description is about: the first sentence that speaks of pictures or recordings of something, else the
    first of all; what it names; and the last word of that ("coffee shop menus", "menus")."""
    asking = sentences(description)
    sentence = next((sentence for sentence in asking if _LEAD.match(sentence)), asking[0])
    phrase = _SEPARATOR.split(_named(sentence), maxsplit=1)[0].split()
    return tuple(dict.fromkeys((sentence, " ".join(phrase), phrase[-1]))) if phrase else (sentence,)


def _forbids(sentence: str, *, is_first: bool) -> bool:
    """Whether it forbids what it names: "no photos of screens" does, "photos of people without masks" does not."""
    lead = _LEAD.match(sentence)
    if lead:
        return _FORBIDS.search(lead.group()) is not None
    return _FORBIDS.search(sentence) is not None and (not is_first or _FORBIDS.match(sentence) is not None)


def _alternatives(sentence: str) -> tuple[str, ...]:
    named = _named(sentence)
    found = tuple(part for part in _SEPARATOR.split(named) if part and not _FORBIDS.search(part))
    is_list = len(found) >= MIN_LISTED and all(len(part.split()) <= MAX_LISTED_WORDS for part in found)
    return found if is_list or _CONJUNCTION.search(named) else ()


def _named(sentence: str) -> str:
    """What a sentence names first: "coffee shop menus" of "50 photos of coffee shop menus with readable prices"."""
    lead = _LEAD.match(sentence)
    rest = sentence[lead.end() :] if lead else sentence
    while article := _ARTICLE.match(rest):
        rest = rest[article.end() :]
    return _END_OF_SUBJECT.split(rest, maxsplit=1)[0].strip()
