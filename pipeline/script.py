"""Scripts: when a job quotes the words to be read aloud, what was heard is compared with them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz.distance import LCSseq

from pipeline.media import ContentType

MIN_SCRIPT_WORDS = 3
"""A shorter quotation is a title or a name rather than something to read aloud."""
_QUOTED = re.compile(r"[\"“„«「『](.+?)[\"”“»」』]", re.DOTALL)
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
"""Thai, Lao, Burmese, Khmer, Japanese and Chinese put no spaces between words: each letter counts as one."""
_WORD = re.compile(rf"[{_UNSPACED}]|(?:(?![{_UNSPACED}])[^\W_])+(?:['’](?:(?![{_UNSPACED}])[^\W_])+)*")
_SAY = re.compile(
    r"\b(?:read|say|speak|spoken|recite|repeat|pronounce|narrate|utter|dictate|sing|aloud|out loud"  # not: a sign says
    r"|lies (?:bitte|den|diesen|folgenden|laut|vor)|lesen|vorlesen|sagen?|sagt|sprich|sprechen|sprecht"
    r"|lisez|lis à|dites|prononcez|récitez|lea|leer|diga|digan|pronuncie|leggi|leggete|leggere|leia|leiam|ler|zeg"
    r"|lees|voorlezen|przeczytaj|powiedz|прочитай|прочитайте|скажи|скажите|произнесите)\b"
    r"|[读讀念说說話]|읽|말하|발음|อ่าน|พูด|اقرأ|قل|पढ़|बोल",
    re.IGNORECASE,
)
_WORDING = re.compile(
    r"\b(?:words|sentences?|phrases?|script|text|satz|sätze|worte|texte|frases?|texto|frasi|testo|zin|zinnen|tekst|zdanie"
    r"|фразу|текст|предложение)\b|[句文]|문장|वाक्य",
    re.IGNORECASE,
)
"""What a job of sound calls the words that it wants said; in a job of pictures they may stand on a sign."""


@dataclass(frozen=True, slots=True)
class ScriptMatch:
    """How a recording follows its script, by their longest common subsequence of words."""

    precision: float
    """Share of the heard words that the script has in this order, 0–1."""
    recall: float
    """Share of the script's words that were heard in this order, 0–1."""
    is_asked: bool = True
    """The job asks for these words to be said; else it merely quotes them, and they can only speak for a file."""


def asks_to_speak(description: str, content_type: ContentType) -> bool:
    """Whether a job wants what it quotes to be read or said, by the words around the quotations.

    In a language that is not among those here, it does not, and a script can only speak for a file.
    """
    around = _QUOTED.sub(" ", description)
    return _SAY.search(around) is not None or (content_type == "audio" and _WORDING.search(around) is not None)


def quoted_script(description: str) -> str | None:
    """The longest quotation of a description, if it is long enough to be a script."""
    quotations: list[str] = _QUOTED.findall(description)
    script = max(quotations, key=len, default="")
    return script if len(words(script)) >= MIN_SCRIPT_WORDS else None


def match_script(script: str, transcript: str, *, is_asked: bool = True) -> ScriptMatch:
    """Compare word by word; a transcript without words matches nothing."""
    wanted, heard = words(script), words(transcript)
    if not wanted or not heard:
        return ScriptMatch(0.0, 0.0, is_asked)
    shared = LCSseq.similarity(wanted, heard)
    return ScriptMatch(shared / len(heard), shared / len(wanted), is_asked)


def words(text: str) -> Sequence[str]:
    """Lower-case words without punctuation."""
    return [word.replace("’", "'") for word in _WORD.findall(text.lower())]
