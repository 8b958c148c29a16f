"""Secrets: passwords and tokens that are used, and never shown."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import NoReturn, TypeAlias

from nbstream.text.redaction import HIDDEN

__all__ = ["Secret", "SecretLike"]

SecretLike: TypeAlias = str | Callable[[], str]
"""The secret itself, a function without arguments that returns it, or "env:NAME"."""

ENVIRONMENT = "env:"


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
