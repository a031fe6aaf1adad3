"""Whether a text is in English, the one language that the sentence encoders of this project have learned."""

import re
from functools import cache
from threading import Lock

from py3langid.langid import MODEL_FILE, LanguageIdentifier

MIN_WORDS = 2
"""A word by itself is too short to tell; many are the same in several languages."""
MAX_ENGLISH, MIN_OTHER = 0.01, 0.2
"""A text is in another language if English is less probable than the one and another more probable than the other, of
140 languages (naive Bayes over byte n-grams, after Lui and Baldwin 2012). Brands, dishes and breeds look like many
languages, and like none of them surely (decision 38)."""
_loading = Lock()


def is_english(text: str) -> bool:
    """Whether it may be. Takes 0.1 ms for a sentence."""
    if len(re.findall(r"[^\W\d_]+", text)) < MIN_WORDS:
        return re.search("[a-zA-Z]", text) is not None
    with _loading:
        known = identifier()
    probabilities: dict[str, float] = dict(known.rank(text))
    return probabilities["en"] >= MAX_ENGLISH or max(probabilities.values()) < MIN_OTHER


@cache
def identifier() -> LanguageIdentifier:
    """Loaded once in a process, which takes half a second and 75 MB."""
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
