"""Make `assay_sdk/_sync` from `assay_sdk/_async`: `python sdk/python/generate_sync.py`, with ruff installed.

The result is checked in, and a test fails when it is stale. What differs by nature (waiting, doing several things at
once) is `runtime.py`, which is written twice; `page_call.py` has no counterpart.
"""

import re
import subprocess
import sys
from pathlib import Path

PACKAGE = Path(__file__).parent / "assay_sdk"
BY_HAND = frozenset({"runtime.py", "page_call.py", "__init__.py"})
HEADER = "# Generated from {source} by sdk/python/generate_sync.py; edit that.\n"

RULES = [
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r"\basync (def|for|with)\b", r"\1"),
        (r"\bawait ", ""),
        (r"\bAwaitable\[([^\[\]]+)\]", r"\1"),
        (r"\bAsyncPageCall\b", "Page"),
        (r"\bpage_call\b", "pages"),
        (r"\basynccontextmanager\b", "contextmanager"),
        (r"\bAsync(?=[A-Z])", ""),
        (r"\b_async\b", "_sync"),
        (r"\ba(close|read|iter_raw)\b", r"\1"),
        (r"\b__a(enter|exit|iter|next)__\b", r"__\1__"),
    )
]


def sync_source(name: str) -> str:
    """The synchronous text of a module of `_async`."""
    text = (PACKAGE / "_async" / name).read_text(encoding="utf-8")
    for pattern, replacement in RULES:
        text = pattern.sub(replacement, text)
    return _ruff(HEADER.format(source=f"_async/{name}") + text)


def modules() -> list[str]:
    """Names of the modules that are made."""
    return sorted(path.name for path in (PACKAGE / "_async").glob("*.py") if path.name not in BY_HAND)


def _ruff(text: str) -> str:
    """Sorted imports, none of them unused, and lines as ruff breaks them."""
    place = ["--stdin-filename", str(PACKAGE / "_sync" / "generated.py")]
    for command in (["check", "--fix", "--quiet", "--select", "F401,I"], ["format", "--quiet"]):
        made = subprocess.run(
            [sys.executable, "-m", "ruff", *command, *place, "-"],
            input=text, capture_output=True, text=True, check=True,
        )  # fmt: skip
        text = made.stdout
    return text


def main() -> None:
    """Write every module."""
    for name in modules():
        (PACKAGE / "_sync" / name).write_text(sync_source(name), encoding="utf-8")


if __name__ == "__main__":
    main()
