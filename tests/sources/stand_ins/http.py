"""The transport of the library httpx."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

from nbstream.testing import Cuts


def client(cuts: Cuts, page: Callable[[int], str], kind: str) -> Callable[..., Any]:
    """Return what stands in for `AsyncClient`.

    Parameters
    ----------
    cuts
        Says what comes.
    page
        Returns the answer in which a number stands.
    kind
        The type of the answer; one of events goes on until it is cut.
    """
    import httpx

    def make(**options: Any) -> Any:
        is_connected = False

        async def stream() -> AsyncIterator[bytes]:
            while True:
                yield page(await read()).encode()

        async def read() -> int:
            try:
                number = cuts.read()
            except ConnectionResetError as error:
                raise httpx.ReadError(str(error)) from error
            if number is None:
                await asyncio.sleep(3600)
                raise AssertionError
            return number

        async def answer(request: Any) -> Any:
            nonlocal is_connected
            if not is_connected:
                is_connected = True
                try:
                    cuts.connect()
                except ConnectionRefusedError as error:
                    raise httpx.ConnectError(str(error)) from error
            headers = {"Content-Type": kind}
            if kind == "text/event-stream":
                return httpx.Response(200, headers=headers, content=stream())
            return httpx.Response(200, headers=headers, text=page(await read()))

        options["verify"] = (
            False  # certificates of every authority are read for each client, which takes long
        )
        return httpx.AsyncClient(transport=httpx.MockTransport(answer), **options)

    return make
