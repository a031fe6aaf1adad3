import pytest

from scripts.licenses import PAGE, licence_of, page, pins


class Package:
    """Metadata as importlib gives them."""

    def __init__(self, **fields):
        self.metadata = Fields(fields)
        self.files = []


class Fields(dict):
    def get_all(self, name):
        return [self[name]] if isinstance(self.get(name), str) else self.get(name)


def test_the_page_is_not_stale():
    assert PAGE.read_text(encoding="utf-8") == page(), "run python -m scripts.licenses"


def test_every_pin_has_a_row_and_a_licence():
    rows = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| ")]
    for name in pins():
        assert sum(row.startswith(f"| {name} |") and not row.endswith("| not stated |") for row in rows) == 1, name


@pytest.mark.parametrize(
    ("fields", "licence"),
    [
        ({"Name": "a", "License-Expression": "MIT", "License": "GPL"}, "MIT"),
        ({"Name": "a", "License": "BSD-3-Clause"}, "BSD-3-Clause"),
        ({"Name": "a", "License": "text\n" * 9, "Classifier": ["License :: OSI Approved :: MIT License"]}, "MIT"),
        ({"Name": "a", "License": "UNKNOWN"}, "not stated"),
        ({"Name": "nudenet", "License": "MIT"}, "AGPL-3.0 (licence files); MIT (metadata)"),
    ],
)
def test_the_licence_is_taken_from_the_most_exact_source(fields, licence):
    assert licence_of(Package(**fields)) == licence
