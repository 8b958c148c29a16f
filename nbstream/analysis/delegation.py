"""Methods of the analyzer whose work, signature and docstring are those of an object that it holds."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any, Concatenate, ParamSpec, TypeVar

__all__ = ["delegated"]

P = ParamSpec("P")
R = TypeVar("R")


def delegated(
    attribute: str, method: Callable[Concatenate[Any, P], R]
) -> Callable[Concatenate[Any, P], R]:
    """Return a method that calls `method` of what is held as `attribute`; signature and docstring are its."""
    if iscoroutinefunction(method):

        @wraps(method)
        async def wait(self: Any, /, *arguments: P.args, **options: P.kwargs) -> Any:
            return await method(getattr(self, attribute), *arguments, **options)

        return wait  # type: ignore[return-value]

    @wraps(method)
    def call(self: Any, /, *arguments: P.args, **options: P.kwargs) -> R:
        return method(getattr(self, attribute), *arguments, **options)

    return call
