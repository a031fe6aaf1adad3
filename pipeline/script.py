"""Scripts: when a job quotes the words to be read aloud, what was heard is compared with them."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz.distance import LCSseq

MIN_SCRIPT_WORDS = 3
"""A shorter quotation is a title or a name rather than something to read aloud."""
_QUOTED = re.compile(r"[\"“„«](.+?)[\"”“»]", re.DOTALL)
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


@dataclass(frozen=True, slots=True)
class ScriptMatch:
    """How a recording follows its script, by their longest common subsequence of words."""

    precision: float
    """Share of the heard words that the script has in this order, 0–1."""
    recall: float
    """Share of the script's words that were heard in this order, 0–1."""


def quoted_script(description: str) -> str | None:
    """The longest quotation of a description, if it is long enough to be a script."""
    quotations: list[str] = _QUOTED.findall(description)
    script = max(quotations, key=len, default="")
    return script if len(words(script)) >= MIN_SCRIPT_WORDS else None


def match_script(script: str, transcript: str) -> ScriptMatch:
    """Compare word by word; a transcript without words matches nothing."""
    wanted, heard = words(script), words(transcript)
    if not wanted or not heard:
        return ScriptMatch(0.0, 0.0)
    shared = LCSseq.similarity(wanted, heard)
    return ScriptMatch(precision=shared / len(heard), recall=shared / len(wanted))


def words(text: str) -> Sequence[str]:
    """Lower-case words without punctuation."""
    return [word.replace("’", "'") for word in _WORD.findall(text.lower())]
