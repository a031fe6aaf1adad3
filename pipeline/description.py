"""A job's description taken apart: its sentences, and the subjects that they name (decision 0031)."""

import re

MAX_SENTENCES = 12
"""Each is embedded; what a job wants stands in the first of them."""

_END_OF_SENTENCE = re.compile(r"(?<=[.!?;:])\s+|(?<=[。！？；：])|\n+|\s+[-–—]\s+")
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
    r"\s+(?:in|on|at|with|from|for|of|by|near|under|over|while|that|which|who|and|or|to|into|during|after|before)\b"
    r"|[,;:.!?(。，]",
    re.IGNORECASE,
)


def sentences(description: str) -> tuple[str, ...]:
    """What a description asks for, sentence by sentence.

    A sentence that says what must not be ("No filters, please.") is left out: a file that is like it is no better.
    """
    found = [part.strip() for part in _END_OF_SENTENCE.split(description) if re.search(r"\w", part)]
    asking = [part for part in found if not _FORBIDS.search(part)]
    return tuple(asking[:MAX_SENTENCES]) if len(found) > 1 and asking else (description.strip(),)


def subjects(description: str) -> tuple[str, ...]:
    """What a description is about: the first sentence that speaks of pictures or recordings of something, else the
    first of all; what it names; and the last word of that ("coffee shop menus", "menus")."""
    parts = sentences(description)
    led = ((part, lead) for part in parts if (lead := _LEAD.match(part)))
    sentence, lead = next(led, (parts[0], None))
    rest = sentence[lead.end() :] if lead else sentence
    while article := _ARTICLE.match(rest):
        rest = rest[article.end() :]
    phrase = _END_OF_SUBJECT.split(rest, maxsplit=1)[0].split()
    return tuple(dict.fromkeys((sentence, " ".join(phrase), phrase[-1]))) if phrase else (sentence,)
