"""Vault: secrets sealed at rest, and digests, with the server's secret key."""

import base64
import hashlib
import hmac

from cryptography.fernet import Fernet, InvalidToken

from torale.server.parts import Part


class UnsealError(Exception):
    """A sealed value was made with another secret key."""


class Vault:
    """Holds the secret key; nothing else sees it."""

    def __init__(self, secret_key: str) -> None:
        self._key = secret_key.encode()
        self._fernet = Fernet(base64.urlsafe_b64encode(self._derive("seal")))

    def _derive(self, purpose: str) -> bytes:
        return hmac.new(self._key, f"torale:{purpose}".encode(), hashlib.sha256).digest()

    def seal(self, plain: str) -> str:
        return self._fernet.encrypt(plain.encode()).decode()

    def unseal(self, sealed: str) -> str:
        """Return what was sealed.

        Raises:
            UnsealError: TORALE_SECRET_KEY is not the key that sealed it.
        """
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken:
            raise UnsealError("sealed with another TORALE_SECRET_KEY") from None

    def digest(self, purpose: str, value: str) -> str:
        """Return a keyed digest in hex, equal for equal values, that tells nothing of them."""
        key = self._derive(purpose)
        return hmac.new(key, value.encode(), hashlib.sha256).hexdigest()

    def sign(self, purpose: str, value: str) -> str:
        """Return a short signature for links, such as unsubscribe links."""
        return self.digest(purpose, value)[:32]

    def signed_by_us(self, purpose: str, value: str, signature: str) -> bool:
        return hmac.compare_digest(self.sign(purpose, value), signature)


VAULT = Part[Vault]("vault")
