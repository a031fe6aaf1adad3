"""What the classes are kinds of, read from WordNet's own files."""

from pathlib import Path

from scripts.broader_terms import _above, _read

NOUNS = """\
  1 This software and database is being provided to you
00001740 03 n 01 entity 0 001 ~ 00001930 n 0000 | that which is perceived
00015388 05 n 03 animal 0 animate_being 0 beast 0 001 @ 00001740 n 0000 | a living organism
01317541 05 n 02 domestic_animal 0 domesticated_animal 0 002 @ 00015388 n 0000 ~ 02084071 n 0000 | tame
02083346 05 n 01 canine 1 001 @ 00015388 n 0000 | any of various fissiped mammals
02084071 05 n 02 dog 0 domestic_dog 0 003 @ 02083346 n 0000 @ 01317541 n 0000 #m 02083346 n 0000 | it barked | loudly
"""


def test_all_that_is_above_a_synset_is_found_by_every_way(tmp_path: Path) -> None:
    (tmp_path / "data.noun").write_text(NOUNS, encoding="utf-8")
    synsets = _read(tmp_path / "data.noun")
    assert synsets["02084071"] == ("dog", ["02083346", "01317541"])
    above = {synsets[offset][0] for offset in _above("02084071", synsets)}
    assert above == {"canine", "domestic animal", "animal", "entity"}
