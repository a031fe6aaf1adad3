"""Text that grows on disk until it can go into the archive."""

from pathlib import Path


class Lines:
    """A file that is open only while it is written to, so that an export that fails leaves no handle behind."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0
        path.touch(exist_ok=False)

    def append(self, line: str) -> None:
        with self.path.open("a", encoding="utf-8") as file:
            file.write(line + "\n")
        self.count += 1
