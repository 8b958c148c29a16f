"""The client that asks for the ids of topics logs in as the consumer does."""

from __future__ import annotations

import time
from typing import Any

import pytest

from nbstream.sources.network.kafka.log import LOG
from nbstream.sources.network.kafka.topic_ids import TopicIds
from tests.counterparts.ports import HOST, free_port
from tests.wait import wait_until

confluent_kafka = pytest.importorskip("confluent_kafka")


def test_a_token_is_asked_for() -> None:
    """Else brokers refuse it, and topics that are made anew and partitions that are added are not found."""
    asked: list[str] = []

    def token(config: str) -> tuple[str, float]:
        asked.append(config)
        return "token", time.time() + 3600

    settings = {
        "bootstrap.servers": f"{HOST}:{free_port()}",
        "group.id": "a consumer's alone",
        "sasl.oauthbearer.config": "who",
        "oauth_cb": token,
        "security.protocol": "SASL_PLAINTEXT",
        "sasl.mechanisms": "OAUTHBEARER",
    }
    ids = TopicIds(confluent_kafka, settings, LOG)
    try:
        ids.take()
        wait_until(lambda: asked, 5, lambda: "the token")
        assert set(asked) == {"who"}
    finally:
        ids.close()


def test_only_settings_of_a_login_and_a_connection_are_passed_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A client that is no consumer complains about what is a consumer's alone."""
    told: dict[str, Any] = {}
    monkeypatch.setattr("confluent_kafka.admin.AdminClient", lambda own, logger: told.update(own))
    settings = {
        "bootstrap.servers": "host:9092",
        "client.dns.lookup": "use_all_dns_ips",
        "https.ca.location": "/ca.pem",  # of the server of tokens
        "plugin.library.paths": "tokens",
        "sasl.oauthbearer.method": "oidc",
        "ssl.endpoint.identification.algorithm": "none",
    }
    TopicIds(confluent_kafka, {**settings, "group.id": "g", "on_commit": print}, LOG)
    del told["allow.auto.create.topics"]
    assert told == settings
