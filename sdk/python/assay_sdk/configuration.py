"""How a client reaches its server."""

import os
from importlib import metadata

__version__ = metadata.version("assay-sdk")
DEFAULT_BASE_URL = "http://127.0.0.1:8000"
"""Of `assay up` on this machine."""
DEFAULT_TIMEOUT_SECONDS = 30.0


def base_url_from(given: str | None) -> str:
    """The server's address: the one given, else `ASSAY_BASE_URL`, else this machine."""
    return (given or os.environ.get("ASSAY_BASE_URL") or DEFAULT_BASE_URL).rstrip("/")


def secret_from(given: str | None, variable: str, argument: str) -> str:
    """The secret that was given, else what the environment has.

    Raises:
        ValueError: neither is there.
    """
    secret = given or os.environ.get(variable)
    if not secret:
        raise ValueError(f"give {argument}=, or set {variable}")
    return secret
