import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.keywords import MAX_KEYWORDS, STOP_WORDS, keywords


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ()),
        ("And so it is, as they would have had it.", ()),
        ("The apple tree is in the garden.", ("apple tree", "garden")),
        ("Machine learning models. Machine learning!", ("machine learning models", "machine learning")),
        ("I don’t like the Eiffel Tower, I love the Eiffel Tower.", ("eiffel tower", "love")),
    ],
)
def test_phrases_between_stop_words(text: str, expected: tuple[str, ...]) -> None:
    assert keywords(text) == expected


@given(st.text(alphabet=st.sampled_from("abcde the and, .é'1"), max_size=300))
def test_any_text_gives_a_few_short_phrases(text: str) -> None:
    found = keywords(text)
    assert len(found) == len(set(found)) <= MAX_KEYWORDS
    assert all(1 <= len(phrase.split()) <= 3 for phrase in found)
    assert not any(word in STOP_WORDS for phrase in found for word in phrase.split())
