"""Secrets: tokens that are kept as a hash only, and the one key that seals and signs everything else."""

import base64
import hashlib
import hmac
import os
import secrets
import tempfile
from contextlib import suppress
from pathlib import Path

from cryptography.fernet import Fernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from configs.settings import Settings
from configs.yaml_text import BadConfiguration

TOKEN_BYTES = 32
LEAST_BYTES = 16
"""Of a secret key that the operator gives."""
SHOWN_CHARACTERS = 14
"""Of a token, in lists: its prefix and enough to tell two apart."""


def new_token(prefix: str) -> str:
    """A new bearer token or webhook secret: 256 random bits behind its prefix."""
    return prefix + secrets.token_urlsafe(TOKEN_BYTES)


def token_hash(token: str) -> str:
    """What is stored of a token. It is random, so no slow hash is needed to protect it."""
    return hashlib.sha256(token.encode()).hexdigest()


class Cipher:
    """Seals text for the database and signs text for URLs, each under a key of its own."""

    def __init__(self, master: bytes) -> None:
        """
        Args:
            master: at least 32 random bytes.
        """
        self._fernet = Fernet(base64.urlsafe_b64encode(_derive(master, b"seal")))
        self.signing_key = _derive(master, b"sign")

    def seal(self, text: str) -> str:
        return self._fernet.encrypt(text.encode()).decode()

    def open(self, sealed: str) -> str:
        """The sealed text.

        Raises:
            cryptography.fernet.InvalidToken: it was sealed under another key.
        """
        return self._fernet.decrypt(sealed.encode()).decode()

    def sign(self, text: str) -> str:
        """HMAC-SHA256, hexadecimal."""
        return hmac.new(self.signing_key, text.encode(), hashlib.sha256).hexdigest()


def load_cipher(settings: Settings) -> Cipher:
    """The cipher of the settings' key, or of the one in `state_dir`, which the first start makes.

    Raises:
        BadConfiguration: the key is too short to be one, or empty, as a full disk leaves it.
    """
    if settings.api.secret_key is not None:
        return Cipher(_checked(settings.api.secret_key.get_secret_value().encode(), "api.secret_key"))
    path = settings.state_dir / "secret.key"
    return Cipher(_checked(_key_file(path), str(path)))


def _checked(key: bytes, where: str) -> bytes:
    if len(key) < LEAST_BYTES:
        told = f"has {len(key)} bytes, and a secret key at least {LEAST_BYTES}"
        raise BadConfiguration(
            f"{where}: {told}: restore it, or make one with openssl rand -hex 32, after which everybody signs in again "
            "and webhook endpoints need new secrets"
        )
    return key


def _key_file(path: Path) -> bytes:
    """The key in the file, which is there whole or not at all."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not path.exists():
        with tempfile.NamedTemporaryFile(dir=path.parent, prefix=".secret-") as made:  # of mode 0600
            made.write(secrets.token_bytes(TOKEN_BYTES))
            made.flush()
            os.fsync(made.fileno())
            with suppress(FileExistsError):  # another process was faster
                os.link(made.name, path)
    return path.read_bytes()


def _derive(master: bytes, purpose: bytes) -> bytes:
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"assay:" + purpose).derive(master)
