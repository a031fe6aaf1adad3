"""Scripts: when a job quotes the words to be read aloud, what was heard is compared with them (decision 0037)."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import fuzz
from rapidfuzz.distance import LCSseq

from pipeline.letters import MARKS, composed
from pipeline.media import ContentType

MIN_SCRIPT_WORDS = 3
"""A shorter quotation is a title or a name rather than something to read aloud."""
_QUOTED = re.compile(
    r"[\"“”„«「『]([^\"“”„«»「」『』]+)[\"”“»」』]|(?<!\w)['‘‚]((?:[^'‘’]|(?<=\w)['’](?=\w))+)['’‘](?!\w)"
)
"""An apostrophe within a word ends no quotation."""
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
"""Thai, Lao, Burmese, Khmer, Japanese and Chinese put no spaces between words: each letter counts as one."""
_LETTER = rf"(?:(?![{_UNSPACED}])(?:[^\W_]|[{MARKS}]))"
_WORD = re.compile(rf"[{_UNSPACED}]|{_LETTER}+(?:['’]{_LETTER}+)*")
_SAY = re.compile(
    r"\b(?:read|say|speak|spoken|recite|repeat|pronounce|narrate|utter|dictate|sing|aloud|out loud"  # not: a sign says
    r"|lies (?:bitte|den|diesen|folgenden|laut|vor)|lesen|vorlesen|sagen?|sagt|sprich|sprechen|sprecht"
    r"|lisez|lire|lecture à|lis à|dites|prononcez|récitez|lea|leer|lectura|diga|digan|decir|pronuncie|leggi|leggete"
    r"|leggere|lettura|leia|leiam|ler|leitura|zeg|lees|voorlezen|przeczytaj|powiedz|läs|säg|læs|přečtěte|řekněte"
    r"|olvasd|mondd|okuyun|söyleyin|bacakan|ucapkan|прочитай|прочитайте|скажи|скажите|произнесите)\b"
    r"|[读讀念说說話]|읽|말하|발음|อ่าน|พูด|اقرأ|قل|पढ़|बोल",
    re.IGNORECASE,
)
_SAYING = re.compile(
    r"\b(?:reading|saying|speaking|reciting|repeating|pronouncing|narrating|uttering|dictating|singing)\b",
    re.IGNORECASE,
)
_SELF = re.compile(r"\b(?:yourself|yourselves|you|your\svoice)\b", re.IGNORECASE)
_SPEAK = r"(?:read|say|speak|sing|talk|recit|repeat|narrat|utter|dictat|aloud|out loud)\w*"
_SILENT = re.compile(
    r"\b(?:do\snot|don['’]t|never|without|no|not|nobody|avoid|stop|refrain\sfrom)\s(?:\w+\s){0,2}?"
    rf"{_SPEAK}(?:\s(?:or|and|nor)\s{_SPEAK})*"
    r"|\b(?:signs?|labels?|posters?|\w*boards?|stickers?|banners?|\w*shirts?|screens?|notes?|notices?|cards?|mugs?|placards?"
    rf"|captions?|packag\w+|messages?|cakes?|texts?)\s(?:(?:that|which)\s)?{_SPEAK}",
    re.IGNORECASE,
)
"""What a job does not want said, and what says something without a voice."""
_WORDING = re.compile(
    r"\b(?:words|sentences?|phrases?|script|text|satz|sätze|worte|texte|frases?|texto|frasi|testo|zin|zinnen|tekst|zdanie"
    r"|фразу|текст|предложение)\b|[句文]|문장|वाक्य",
    re.IGNORECASE,
)
"""What a job of sound calls the words that it wants said; in a job of pictures they may stand on a sign."""
_ONE_OF = re.compile(
    r"\b(?:(?:one|any|some|either)\s(?:\w+\s)?of|a\srandom|any\s(?:one|sentence|phrase)|a\sdifferent|either|choose|pick"
    r"|eine[nrs]?\sder|une?\sdes|una?\sde)\b",
    re.IGNORECASE,
)
_ONE_AFTER_ANOTHER = re.compile(r"[\W\d_]*(?:(?:and|then|und|et|y|e)[\W\d_]+){0,2}", re.IGNORECASE)
"""What stands between two quotations that are one script."""
_TITLE = re.compile(r"\b(?:about|on|from|of|called|titled|entitled|named)\W*$", re.IGNORECASE)
"""What stands before a quotation that is no script, but a topic or a name."""
_END = re.compile(r"(?<!\d)[.!?。！？](?=\s|$)|\n\s*\n")
_HOLE = "\x00"
"""In the place of a quotation."""


@dataclass(frozen=True, slots=True)
class Script:
    """The words that a job quotes to be said."""

    readings: tuple[str, ...]
    """Any of them will do; several quotations that are all to be read are one reading."""
    is_asked: bool
    """The job asks for these words to be said; else it merely quotes them, and they can only speak for a file."""


@dataclass(frozen=True, slots=True)
class ScriptMatch:
    """How a recording follows its script, by their longest common subsequences of words."""

    precision: float
    """Share of the words that the script has in this order, in the part of the recording that is most like it, 0–1."""
    recall: float
    """Share of the script's words that were heard in this order, 0–1."""
    is_asked: bool = True
    """The job asks for these words to be said; else it merely quotes them, and they can only speak for a file."""


@lru_cache(maxsize=256)
def script_of(description: str, content_type: ContentType) -> Script | None:
    """What a job wants read or said, by the quotations that are long enough and the words around them.

    Where the sentence of a quotation asks to say something, it is that one, and a title that stands elsewhere is not.
    In a job of sound the asking words may stand anywhere; in a video they have to stand by the quotation. In a language
    that is not among those here nothing is asked, and a script can only speak for a file.
    """
    quoted = [each for each in _quotations(description) if len(words(each.text)) >= MIN_SCRIPT_WORDS]
    if not quoted:
        return None
    told = [each for each in quoted if _asks(each.around, content_type) and not each.is_title]
    around = _SILENT.sub(" ", _QUOTED.sub(_HOLE, description))
    anywhere = _says(around, content_type) or _WORDING.search(around) is not None
    spoken = [each for each in quoted if not each.is_title]
    is_asked = bool(told) or (content_type == "audio" and anywhere and bool(spoken))
    if _ONE_OF.search(around):
        return Script(tuple(each.text for each in told or spoken or quoted), is_asked)
    return Script(tuple(_joined(told or spoken or quoted)), is_asked)


def unquoted(description: str) -> str:
    """A description without what it quotes."""
    return _QUOTED.sub(" ", description)


def match_script(script: Script, transcript: str) -> ScriptMatch:
    """Compare word by word with the reading that was followed best; a transcript without words matches nothing."""
    heard = _spoken(transcript)
    matches = [_match(_spoken(reading), heard) for reading in script.readings]
    precision, recall = max(matches, key=lambda match: match[0] * match[1])
    return ScriptMatch(precision, recall, script.is_asked)


def words(text: str) -> Sequence[str]:
    """Lower-case words without punctuation."""
    return [word.replace("’", "'") for word in _WORD.findall(composed(text).lower())]


@dataclass(frozen=True, slots=True)
class _Quotation:
    text: str
    around: str
    """The words of its sentence, or of the sentence before if it is one by itself."""
    between: str
    """What stands between the quotation before and this one."""
    is_title: bool


def _quotations(description: str) -> Iterator[_Quotation]:
    found = list(_QUOTED.finditer(description))
    holes = _QUOTED.sub(_HOLE, description)
    between = holes.split(_HOLE)
    number, before = 0, ""
    for sentence in _END.split(holes):
        has_words = re.search(r"[^\W\d_]", sentence) is not None
        for _ in range(sentence.count(_HOLE)):
            text = next(group for group in found[number].groups() if group)
            is_title = _TITLE.search(between[number]) is not None
            yield _Quotation(text, sentence if has_words else before, between[number], is_title)
            number += 1
        before = sentence if has_words else before


def _joined(quoted: Sequence[_Quotation]) -> Iterator[str]:
    """Quotations that follow one another are one script; others may each be it."""
    script = ""
    for each in quoted:
        if script and not _ONE_AFTER_ANOTHER.fullmatch(each.between):
            yield script
            script = ""
        script = f"{script} {each.text}".strip()
    yield script


def _asks(around: str, content_type: ContentType) -> bool:
    return _says(_SILENT.sub(" ", around), content_type)


def _says(text: str, content_type: ContentType) -> bool:
    """In a video somebody may be saying what nobody is asked to say."""
    if _SAY.search(text):
        return True
    return _SAYING.search(text) is not None and (content_type == "audio" or _SELF.search(text) is not None)


def _match(wanted: Sequence[str], heard: Sequence[str]) -> tuple[float, float]:
    """Precision and recall. What is said before and after the script, or once more, takes nothing from the first."""
    if not wanted or not heard:
        return 0.0, 0.0
    part = heard
    if len(heard) > len(wanted):
        found = fuzz.partial_ratio_alignment(wanted, heard)
        part = heard[found.dest_start : found.dest_end] if found else heard[: len(wanted)]
    shared = LCSseq.similarity(wanted, part)
    return shared / max(len(part), min(len(wanted), len(heard))), LCSseq.similarity(wanted, heard) / len(wanted)


_ORDINAL = re.compile(r"(\d+)(?:st|nd|rd|th)")
_DIGITS = {
    name: digits
    for digits, names in {
        "0": "zero oh", "1": "one first", "2": "two second", "3": "three third", "4": "four fourth", "5": "five fifth",
        "6": "six sixth", "7": "seven seventh", "8": "eight eighth", "9": "nine ninth", "10": "ten tenth",
        "11": "eleven", "12": "twelve", "13": "thirteen", "14": "fourteen", "15": "fifteen", "16": "sixteen",
        "17": "seventeen", "18": "eighteen", "19": "nineteen", "20": "twenty", "30": "thirty", "40": "forty",
        "50": "fifty", "60": "sixty", "70": "seventy", "80": "eighty", "90": "ninety",
    }.items()
    for name in names.split()
}  # fmt: skip
"""Whisper writes numbers as figures, whatever a script does."""


def _spoken(text: str) -> list[str]:
    """Words, and each figure of a number by itself: "twenty-one" as "21", "one hundred twenty three" as "123"."""
    found: list[str] = []
    is_after_tens = False
    for word in words(text):
        told = _DIGITS.get(word, _ORDINAL.sub(r"\1", word))
        if is_after_tens and word in _DIGITS and len(told) == 1:
            found[-1] = told
        elif word != "hundred":
            found += told if told.isdecimal() else (told,)
        is_after_tens = word in _DIGITS and len(told) == 2 and told.endswith("0")
    return found
