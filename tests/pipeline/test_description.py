"""What a description asks for is found among what else it says."""

import pytest

from pipeline.description import MAX_PARTS, MAX_SENTENCES, request_of


@pytest.mark.parametrize(
    ("description", "whole"),
    [
        ("Take a clear photo of a dog.", "Take a clear photo of a dog."),
        ("Photos of dogs. The picture must be sharp.", "Photos of dogs."),
        ("Dogs. The picture must be sharp.", "Dogs. The picture must be sharp."),  # none says that it wants
        ("Photos of people without masks. Daylight.", "Photos of people without masks."),
        ("Photos of dogs. We also need cats. Thank you!", "Photos of dogs. We also need cats."),
        ("No matter which breed, send photos of your dog.", "No matter which breed, send photos of your dog."),
        ("Please don't hesitate to send photos of your dog!", "Please don't hesitate to send photos of your dog!"),
        ("A St. Bernard dog", "A St. Bernard dog"),
        ("Rejected parcels at a door. Daylight.", "Rejected parcels at a door. Daylight."),
        ("**Photos** of   *dogs*\n\n\n# Daylight", "Photos of dogs"),
        ("拍一张狗的照片。光线要好。", "拍一张狗的照片。 光线要好。"),
        ("No flash. Don't use filters.", "No flash. Don't use filters."),  # nothing is asked for
        (
            " ".join(f"Sentence {count}." for count in range(99)),
            " ".join(f"Sentence {n}." for n in range(MAX_SENTENCES)),
        ),
        ("", ""),
        # How it is taken does not stand for what is wanted.
        ("A cat on a sofa. Film horizontally for 10 s.", "A cat on a sofa. Film horizontally for 10 s."),
        ("Cat pictures, please. Take your time!", "Cat pictures, please. Take your time!"),
        ("Hello! Cats of all breeds. We would like daylight.", "Cats of all breeds. We would like daylight."),
        ("Dogs in a park. I want to see all of it. Thanks!", "Dogs in a park. I want to see all of it."),
        ("We train a model. Hot drinks. We need them in focus.", "Hot drinks. We need them in focus."),
        # What is left out does not count.
        ("Photos of dogs, no cats.", "Photos of dogs"),
        ("Photos of animals that are not cats", "Photos of animals"),
        ("A room with no people", "A room"),
        ("Photos that do not show text, of trees", "Photos, of trees"),
        ("Photos of cats, blurry pictures will be rejected. Good light please.", "Photos of cats"),
        ("Photos of birds except pigeons", "Photos of birds"),
        ("Using your phone, not a camera, film a candle.", "Using your phone, film a candle."),
        ("Please take a picture, not a video, of your door.", "Please take a picture, of your door."),
        ("To be accepted, photos must be of a single dog.", "To be accepted, photos must be of a single dog."),
        ("Photos of puppies, not just retrievers", "Photos of puppies, not just retrievers"),
        ("Please, no flash", "Please, no flash"),
        # A lead to how it is taken.
        ("A coffee mug on a desk. Photograph from above.", "A coffee mug on a desk. Photograph from above."),
        ("Cats on sofas. We need good lighting.", "Cats on sofas. We need good lighting."),
        ("Receipts. Scan at 300 dpi.", "Receipts. Scan at 300 dpi."),
        ("A sign saying no entry", "A sign saying no entry"),
        ("Photos of dogs, not only of puppies", "Photos of dogs, not only of puppies"),
    ],
)
def test_what_is_asked_for_is_all_that_wants_something(description: str, whole: str) -> None:
    assert request_of(description).whole == whole


@pytest.mark.parametrize(
    "forbidden",
    [
        "No filters, please.",
        "Please, no cars.",
        "Do not send photos of screens.",
        "Don't send: cars; trucks.",
        "Not accepted: screens, cars, cats.",
        "Do not send:\n- computer screens\n- cars\n* cats\n",
        "No people (or cars).",
        "Cars and trucks are prohibited.",
        "Photos with computer screens, cars or people are not allowed.",
        "Pictures showing cars will be rejected.",
        "Faces must not be recognisable.",
        "Exclude cars and trucks.",
        "Rejected: screenshots; drawings; collages.",
        "Cars aren't accepted.",
        "Make sure there are no people or cars.",
    ],
)
def test_what_is_forbidden_is_not_asked_for(forbidden: str) -> None:
    for description in (f"Photos of dogs. {forbidden}\n\nDaylight.", f"{forbidden}\n\nPhotos of dogs. Daylight."):
        asked = request_of(description)
        assert asked.whole == "Photos of dogs."
        assert asked.parts == ("Photos of dogs.",)


@pytest.mark.parametrize(
    ("description", "parts"),
    [
        ("Hello everyone! We need a cat for our app.", ("We need a cat for our app.",)),
        ("Thanks for helping us. The picture must show a dog.", ("The picture must show a dog.",)),
        ("Photos of dogs. We sell cars and trucks, and our customers love pets.", ("Photos of dogs.",)),
        ("Photos of dogs. Clean your lens and use a tripod or a table.", ("Photos of dogs.",)),
        ("We are looking for dogs. Take the photo with a phone.", ("We are looking for dogs.",)),
        ("Project brief\nA cat on a chair.", ("Project brief", "A cat on a chair.")),  # none says that it wants
        ("Photos of cats or dogs", ("Photos of cats or dogs", "cats", "dogs")),
        ("Cats & dogs", ("Cats & dogs", "Cats", "dogs")),
        (
            "Photos of cats, dogs, and a bird in daylight.",
            ("Photos of cats, dogs, and a bird in daylight.", "cats", "dogs", "a bird"),
        ),
        ("Photos of cats, dogs, small birds", ("Photos of cats, dogs, small birds", "cats", "dogs", "small birds")),
        ("Photos of pets (e.g. cats or dogs)", ("Photos of pets", "e.g. cats or dogs", "cats", "dogs")),
        ("Photos of:\n- dogs\n- cats\n\nDaylight", ("Photos of", "dogs", "cats")),
        ("A truck/bus or a tram on the road", ("A truck/bus or a tram on the road", "truck", "bus", "a tram")),
        ("A dog, daylight, portrait, no flash", ("A dog, daylight, portrait", "dog", "daylight", "portrait")),
        ("Photos of a dog, lying on the ground, its head up", ("Photos of a dog, lying on the ground, its head up",)),
        ("Photos of a dog, well lit and in focus.", ("Photos of a dog, well lit and in focus.",)),
        ("Red and yellow flowers", ("Red and yellow flowers", "yellow flowers")),
        ("Photos of 24/7 stores", ("Photos of 24/7 stores",)),
    ],
)
def test_what_is_wanted_may_come_alone(description: str, parts: tuple[str, ...]) -> None:
    assert request_of(description).parts == parts


@pytest.mark.parametrize(
    ("description", "subjects"),
    [
        (
            "50 photos of coffee shop menus with readable prices",
            ("50 photos of coffee shop menus with readable prices", "coffee shop menus", "menus"),
        ),
        ("We train a model. Please photograph your bicycle.", ("Please photograph your bicycle.", "bicycle")),
        ("Hi! I need 2 different dogs or cats", ("I need 2 different dogs or cats", "dogs", "cats")),
        ("Film a cat for four seconds.", ("Film a cat for four seconds.", "cat")),
        ("A menu, all text legible", ("A menu, all text legible", "menu")),
        ("Street signs", ("Street signs", "signs")),
        ("Photos of", ("Photos of",)),
    ],
)
def test_subjects_are_what_is_wanted_and_its_name(description: str, subjects: tuple[str, ...]) -> None:
    assert request_of(description).subjects == subjects


def test_no_more_is_embedded_than_a_bound() -> None:
    named = [f"dog{count}" for count in range(99)]
    asked = request_of(f"Photos of {', '.join(named)}.")
    assert asked.parts[1:] == tuple(named[: MAX_PARTS - 1])
    assert len(asked.subjects) == MAX_PARTS
