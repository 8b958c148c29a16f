"""Addresses name their source, and what is wrong in one is told."""

from __future__ import annotations

import pytest

from nbstream.sources import SerialSource
from nbstream.sources.addresses import SOURCES, options_of_url, scheme_of, source_for


@pytest.mark.parametrize("scheme", SOURCES)
def test_each_scheme_has_its_source(scheme: str) -> None:
    """What stands in the table is there, and can be made of an address."""
    source = source_for(scheme)
    assert source is not None
    assert callable(source.from_url)


def test_texts_that_are_no_address() -> None:
    """A path has no scheme, on Windows neither."""
    assert scheme_of("data.csv") == ""
    assert scheme_of(r"C:\\data.csv") == ""
    assert scheme_of("MQTT://host") == "mqtt"
    assert source_for("gopher") is None


def test_options_of_an_address() -> None:
    """They have the types that their source takes; a wrong one is named, with the nearest."""
    kinds = {"baud": int, "dtr": bool}
    parts, options = options_of_url("serial:///dev/x?baud=115200&dtr=no", kinds)
    assert parts.path == "/dev/x"
    assert options == {"baud": 115200, "dtr": False}
    with pytest.raises(ValueError, match="takes no 'bauds'. Did you mean 'baud'"):
        options_of_url("serial:///dev/x?bauds=9600", kinds)
    with pytest.raises(ValueError, match="'baud' in an address must be int"):
        options_of_url("serial:///dev/x?baud=fast", kinds)


def test_a_serial_port_by_its_address() -> None:
    """The path is the port; what is given beside the address wins."""
    with SerialSource.from_url("serial:///dev/ttyUSB0?baud=57600") as source:
        assert (source.port, source.baud) == ("/dev/ttyUSB0", 57600)
    with SerialSource.from_url("serial://COM3", baud=19200) as source:
        assert (source.port, source.baud) == ("COM3", 19200)
    with pytest.raises(ValueError, match="names its port"):
        SerialSource.from_url("serial://")
