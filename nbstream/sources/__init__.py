"""Where readings come from: one file per kind of source."""

from __future__ import annotations

from nbstream.sources.base import Source, running_sources
from nbstream.sources.devices.serial import SerialSource
from nbstream.sources.files.csv.source import CsvSource
from nbstream.sources.files.json.source import JsonLinesSource
from nbstream.sources.files.lines import LinesSource
from nbstream.sources.files.log import LogSource
from nbstream.sources.files.neighbour import nearest_neighbour
from nbstream.sources.files.parquet.source import ParquetSource
from nbstream.sources.machine.system import SystemSource
from nbstream.sources.network.http import HttpSource
from nbstream.sources.network.kafka import KafkaSource
from nbstream.sources.network.mqtt import MqttSource
from nbstream.sources.network.redis import RedisSource
from nbstream.sources.network.sql import SqlSource
from nbstream.sources.network.websocket import WebSocketSource
from nbstream.sources.process.source import ProcessSource
from nbstream.sources.process.stdin import StdinSource
from nbstream.sources.python.callable import CallableSource
from nbstream.sources.python.frame import DataFrameSource
from nbstream.sources.python.iterable import IterableSource
from nbstream.sources.python.random import RandomSource
from nbstream.sources.python.training import TrainingSource
from nbstream.sources.state import Counters, SourceState

__all__ = [
    "CallableSource",
    "Counters",
    "CsvSource",
    "DataFrameSource",
    "HttpSource",
    "IterableSource",
    "JsonLinesSource",
    "KafkaSource",
    "LinesSource",
    "LogSource",
    "MqttSource",
    "ParquetSource",
    "ProcessSource",
    "RandomSource",
    "RedisSource",
    "SerialSource",
    "Source",
    "SourceState",
    "SqlSource",
    "StdinSource",
    "SystemSource",
    "TrainingSource",
    "WebSocketSource",
    "nearest_neighbour",
    "running_sources",
]


def __dir__() -> list[str]:
    """Return the public names, for people who press Tab."""
    return sorted(__all__)
