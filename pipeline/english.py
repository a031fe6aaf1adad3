"""Whether a sentence is in English, the one language that the sentence encoders of this project have learned."""

import re
from functools import cache

from py3langid.langid import MODEL_FILE, LanguageIdentifier

MIN_WORDS = 2
"""A word by itself is too short to tell; many are the same in several languages."""
MIN_PROBABILITY = 0.01
"""Of English among 97 languages (naive Bayes over byte n-grams, Lui and Baldwin 2012), under which a sentence is not.
59 of 65 short descriptions in 26 other languages are. Of the names of ImageNet's classes and broader terms none is as
"Photos of a …" or "We need pictures of a …, well lit and in focus"; 1% are as "My …", and 8% as "Two …s"."""


def is_english(sentence: str) -> bool:
    """Whether it may be; 0.1 ms."""
    if len(re.findall(r"[^\W\d_]+", sentence)) < MIN_WORDS:
        return re.search("[a-zA-Z]", sentence) is not None
    probabilities: dict[str, float] = dict(identifier().rank(sentence))
    return probabilities["en"] >= MIN_PROBABILITY


@cache
def identifier() -> LanguageIdentifier:
    """Loaded once in a process, which takes a second and 75 MB."""
    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)
