"""Secrets: passwords and tokens that are used, and never shown."""

from __future__ import annotations

import base64
import os
from collections.abc import Callable, Iterable
from typing import NoReturn, TypeAlias
from urllib.parse import quote, unquote

__all__ = ["HIDDEN", "Redactor", "Secret", "SecretLike"]

SecretLike: TypeAlias = str | Callable[[], str]
"""The secret itself, a function without arguments that returns it, or "env:NAME"."""

HIDDEN = "***"
ENVIRONMENT = "env:"
SHORTEST_PART = 4


class Secret:
    """A secret that is read when it is needed, so that it may change meanwhile.

    It is in no repr and cannot be pickled; `reveal` is the only way to it.

    Parameters
    ----------
    given
        The secret, a function without arguments that returns it, or "env:NAME" for the environment
        variable NAME.
    name
        What it is for, in messages.
    must_exist
        Whether an environment variable that is not set is an error now.

    Raises
    ------
    TypeError
        If `given` is neither a str nor callable.
    ValueError
        If it is empty, or its environment variable is not set.

    Notes
    -----
    Thread safety: any thread, as far as the given function is.
    """

    __slots__ = ("_name", "_read", "_where")

    def __init__(self, given: SecretLike, *, name: str, must_exist: bool = True) -> None:
        self._name = name
        self._where = ""
        if isinstance(given, str) and given.startswith(ENVIRONMENT):
            variable = given.removeprefix(ENVIRONMENT)
            self._where = f" (environment variable {variable!r})"
            self._read: Callable[[], str | None] = lambda: os.environ.get(variable)
            if must_exist:
                self.reveal()
        elif isinstance(given, str):
            self._read = lambda: given
            self.reveal()
        elif callable(given):
            self._where = " (what its function returned)"
            self._read = given
        else:
            message = (
                f"{name!r} must be a str, a function that returns one, or 'env:NAME' "
                f"(got {type(given).__name__})."
            )
            raise TypeError(message)

    def __repr__(self) -> str:
        """Return stars."""
        return HIDDEN

    def __reduce__(self) -> NoReturn:
        message = f"{self._name!r} is a secret and cannot be pickled or copied."
        raise TypeError(message)

    def reveal(self) -> str:
        """Return the secret.

        Raises
        ------
        ValueError
            If there is none, or its function fails; the message does not repeat what that said.
        """
        problem = ""
        value: object = None
        try:
            value = self._read()
        except Exception as error:
            problem = f"failed with {type(error).__name__}"
        if not problem and value is None:
            problem = "is not set"
        elif not problem and not isinstance(value, str):
            problem = f"must be a str, not {type(value).__name__}"
        elif not problem and not value:
            problem = "must not be empty"
        if problem or not isinstance(value, str):
            message = f"{self._name!r}{self._where} {problem}."
            raise ValueError(message)
        return value


class Redactor:
    """Replaces secrets in texts that come from elsewhere, such as the answers of servers.

    Each is found as it is, percent-encoded or decoded, and in base64.

    Parameters
    ----------
    secrets
        What must not be shown; of several words, such as "Bearer abcdef", also each word of at least
        four characters.

    Examples
    --------
    >>> Redactor(["hunter2"]).redact("535 hunter2 is wrong")
    '535 *** is wrong'
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        forms: set[str] = set()
        for secret in secrets:
            words = [word for word in secret.split() if len(word) >= SHORTEST_PART]
            for part in (secret, unquote(secret), *words):
                forms |= _forms(part)
        self._forms = sorted(forms - {""}, key=len, reverse=True)

    def redact(self, text: str, *, is_cut: bool = False) -> str:
        """Return `text` with stars for secrets.

        Parameters
        ----------
        text
            What is to be shown.
        is_cut
            Whether its end is missing: then so much is left out there that no part of a secret stays.
        """
        for form in self._forms:
            text = text.replace(form, HIDDEN)
        if is_cut and self._forms:
            text = text[: max(0, len(text) - len(self._forms[0]))] + "…"
        return text

    def __repr__(self) -> str:
        """Return the class only."""
        return "<Redactor>"


def _forms(secret: str) -> set[str]:
    octets = secret.encode("utf-8", "surrogatepass")
    encoded = base64.b64encode(octets).decode("ascii")
    return {secret, quote(octets), quote(octets, safe=""), encoded, repr(secret)[1:-1]}
