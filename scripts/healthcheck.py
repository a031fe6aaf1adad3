"""Ends with 0 when the API of this machine says that it is ready. Images call it: they have no curl.

python -m scripts.healthcheck
"""

import os
import sys
from http.client import HTTPException
from urllib.request import urlopen

TIMEOUT_SECONDS = 5.0


def main() -> int:
    """0 when `/readyz` answers 200: database, store and every model do."""
    port = os.environ.get("ASSAY_API__PORT", "8000")
    try:
        with urlopen(f"http://127.0.0.1:{port}/readyz", timeout=TIMEOUT_SECONDS) as answer:
            return int(answer.status != 200)
    except (OSError, HTTPException) as error:
        print(f"not ready: {error}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    raise SystemExit(main())
