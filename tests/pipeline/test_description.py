"""What a description asks for is found among what else it says."""

import pytest

from pipeline.description import MAX_SENTENCES, parts, sentences, subjects


@pytest.mark.parametrize(
    ("description", "found"),
    [
        ("Take a clear photo of a dog.", ("Take a clear photo of a dog.",)),
        ("", ("",)),
        ("Photos of dogs. The picture must be sharp.", ("Photos of dogs.", "The picture must be sharp.")),
        ("Take a photo of a cup of coffee. No filters, please.", ("Take a photo of a cup of coffee.",)),
        ("Photos of people without masks. Daylight.", ("Photos of people without masks.", "Daylight.")),
        ("Do not send photos of screens. Cats.", ("Cats.",)),
        ("A dog without a leash. Never take it from above.", ("A dog without a leash.",)),
        ("No flash. Don't use filters.", ("No flash. Don't use filters.",)),  # none asks
        ("Wanted:\n- dogs\n* cats\n**No birds**", ("Wanted:", "dogs", "cats")),
        ("Bicycles - from the side\n\n!!\nGood light", ("Bicycles", "from the side", "Good light")),
        ("Photos of pets (e.g. cats or dogs), no people", ("Photos of pets", "cats or dogs")),
        ("拍一张狗的照片。光线要好。", ("拍一张狗的照片。", "光线要好。")),
        ("Menus at 1.5 m, 4:3", ("Menus at 1.5 m, 4:3",)),
        (" ".join(f"Sentence {count}." for count in range(99)), tuple(f"Sentence {n}." for n in range(MAX_SENTENCES))),
    ],
)
def test_a_description_is_taken_apart(description: str, found: tuple[str, ...]) -> None:
    assert sentences(description) == found


@pytest.mark.parametrize(
    ("description", "alternatives"),
    [
        ("Take a clear photo of a dog.", ()),
        ("Photos of cats or dogs", ("cats", "dogs")),
        ("Photos of cats, dogs, and small birds in daylight.", ("cats", "dogs", "small birds")),
        ("Cats & dogs", ("Cats", "dogs")),
        ("Photos of cats, dogs, small birds", ("cats", "dogs", "small birds")),
        ("A dog, daylight, portrait, no flash", ("dog", "daylight", "portrait")),
        ("Photos of a dog, lying on the ground, its head up", ()),
        ("A truck/bus or a tram on the road, or at a stop", ("truck", "bus", "a tram")),
        ("Photos of a dog, well lit.", ()),
        ("A sharp and well-lit photo of a chair", ()),
    ],
)
def test_what_is_named_together_may_come_alone(description: str, alternatives: tuple[str, ...]) -> None:
    assert parts(description) == (description, *alternatives)


def test_parts_are_those_of_all_sentences_that_ask() -> None:
    found = parts("Photos of cats or dogs. No birds or fish. Daylight or lamps.")
    assert found == ("Photos of cats or dogs.", "cats", "dogs", "Daylight or lamps.", "Daylight", "lamps")


@pytest.mark.parametrize(
    ("description", "about"),
    [
        ("50 photos of coffee shop menus with readable prices", ("coffee shop menus", "menus")),
        ("Take a clear photo of the menu of a cafe or restaurant.", ("menu",)),
        ("We need pictures of 2 different dogs for an app. Natural light.", ("dogs",)),
        ("We train a model. Please photograph your bicycle, from the side.", ("bicycle",)),
        ("Film a cat for four seconds and say something about it.", ("cat",)),
        ("Cats or dogs", ("Cats",)),
        ("Street signs at night", ("Street signs", "signs")),
        ("Street signs", ("signs",)),
        ("A potted plant (indoors)", ("potted plant", "plant")),
        ("Photos of", ("Photos",)),
        ("The", ()),
        ("犬の写真", ()),
    ],
)
def test_a_description_is_about_what_it_names_first(description: str, about: tuple[str, ...]) -> None:
    sentence, *named = subjects(description)
    assert sentence in description
    assert tuple(named) == about
