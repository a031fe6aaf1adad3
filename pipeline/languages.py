"""Names of spoken languages: what clients write, as the code that speech recognition answers with."""

import json
import re
from pathlib import Path

_CODES: dict[str, list[str]] = json.loads(Path(__file__).with_name("languages.json").read_text(encoding="utf-8"))
"""The languages that Whisper tells apart, by ISO 639-1 where it has a code for them, each with its other codes:
those of ISO 639-2 and 639-3, and withdrawn ones."""
HEARD = frozenset(_CODES)
_CODE_OF = {other: code for code, others in _CODES.items() for other in others}


def language_code(written: str) -> str:
    """`EN`, `eng`, `en` and `en-US` are `en`; what is no language that is heard stays as it is, in lower case.

    Of a language tag (RFC 5646) the language counts: no model here tells regions or scripts apart.
    """
    code = re.split("[-_]", written.lower())[0]
    return _CODE_OF.get(code, code)
