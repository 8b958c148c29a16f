"""Signatures and docstrings that show the settings of a rule one by one."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import MISSING
from textwrap import fill, indent
from typing import Any, TypeVar

from nbstream.alerts.rules.settings import SETTINGS, Setting

__all__ = ["Unchanged", "takes_settings"]

Taker = TypeVar("Taker", bound=Callable[..., Any])


class Unchanged:
    """Stands for what `Rule.edit` is not given, where None has a meaning."""

    def __repr__(self) -> str:
        """Return a word for signatures: what is not given stays."""
        return "UNCHANGED"


def takes_settings(arguments: type, default: Any = MISSING) -> Callable[[Taker], Taker]:
    """Have help() and tab completion show the settings that a function or a class takes one by one.

    Its last parameter is ``**settings: Unpack[arguments]``; in its signature stand the arguments instead, and
    for "{settings}" in its docstring what it does not describe itself.

    Parameters
    ----------
    arguments
        A TypedDict.
    default
        What the signature says of what is not given; the settings' own if it is missing.
    """

    def decorate(taker: Taker) -> Taker:
        function: Any = taker.__init__ if isinstance(taker, type) else taker  # type: ignore[misc]
        own = inspect.signature(function)
        *before, _ = own.parameters.values()
        types = arguments.__annotations__
        further = [
            inspect.Parameter(
                name,
                inspect.Parameter.KEYWORD_ONLY,
                default=_default(SETTINGS[name]) if default is MISSING else default,
                annotation=types[name].__forward_arg__,
            )
            for name in sorted(types, key=[*SETTINGS, *types].index)
        ]
        first = [p for p in before if p.kind is not inspect.Parameter.KEYWORD_ONLY]
        parameters = [*first, *further, *before[len(first) :]]
        function.__signature__ = own.replace(parameters=parameters)
        lines = (taker.__doc__ or "").splitlines()
        at = next((i for i, line in enumerate(lines) if line.strip() == "{settings}"), None)
        if at is not None:
            pad = lines[at].removesuffix("{settings}")
            told = [p.name for p in parameters if p.name in SETTINGS and pad + p.name not in lines]
            lines[at : at + 1] = [_described(SETTINGS[name], pad) for name in told]
            taker.__doc__ = "\n".join(lines)
        return taker

    return decorate


def _default(setting: Setting) -> Any:
    return None if setting.default == () else setting.default


def _described(setting: Setting, pad: str) -> str:
    return f"{pad}{setting.argument}\n{indent(fill(setting.doc, 88), f'{pad}    ')}"
