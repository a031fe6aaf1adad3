"""The quickstart as a reader goes through it: its blocks, and the terminal that they are typed into."""

import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

REPOSITORY = Path(__file__).parents[3]
QUICKSTART = REPOSITORY / "docs" / "quickstart.md"
_BLOCK = re.compile(r"^```(?P<language>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
_END = "end of a block"


@dataclass(frozen=True, slots=True)
class Block:
    """One that a reader runs."""

    language: str
    text: str


def sections() -> dict[str, list[Block]]:
    """The blocks under each heading, in the order of the page; Python's that follow each other are one program."""
    _, *parts = QUICKSTART.read_text(encoding="utf-8").split("\n## ")
    return {part.partition("\n")[0]: list(_programs(part)) for part in parts}


def _programs(part: str) -> Iterator[Block]:
    found = [Block(match["language"], match["text"]) for match in _BLOCK.finditer(part)]
    for language, same in groupby(found, lambda block: block.language):
        texts = [block.text for block in same]
        yield from [Block(language, "\n".join(texts))] if language == "python" else (Block(language, t) for t in texts)


class Terminal:
    """A shell in the clone, whose variables last from one block to the next."""

    def __init__(self, process: "subprocess.Popen[str]", folder: Path) -> None:
        self._process = process
        self._block = folder / "block.sh"

    def run(self, text: str) -> str:
        """What a block prints. The first of its lines that fails ends it, and the test."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._block.write_text(text, encoding="utf-8")
        # What was printed last may not have ended its line.
        print(f"source {self._block} </dev/null; printf '\\n{_END}\\n'", file=self._process.stdin, flush=True)
        said: list[str] = []
        for line in self._process.stdout:
            if line.strip() == _END:
                return "".join(said)
            said.append(line)
        raise AssertionError(f"this block failed:\n{text}\n{''.join(said)}")


@contextmanager
def terminal(folder: Path, variables: Mapping[str, str]) -> Iterator[Terminal]:
    """One that is open until the block ends; `folder` is for its own use."""
    process = subprocess.Popen(
        ["bash", "-e"],
        cwd=REPOSITORY,
        env=os.environ | variables,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield Terminal(process, folder)
    finally:
        assert process.stdin is not None
        process.stdin.close()
        process.wait()
