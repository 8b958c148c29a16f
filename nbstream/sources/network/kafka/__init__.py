"""Messages of Kafka's topics: the source, and a file each for what it is made of."""

from nbstream.sources.network.kafka.lag import Lag
from nbstream.sources.network.kafka.source import KafkaSource

__all__ = ["KafkaSource", "Lag"]
