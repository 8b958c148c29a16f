"""`nbstream check`: what rules would have fired on a file, with an exit code for CI."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from nbstream.commands.arguments import add_json, add_reading, condition, window
from nbstream.commands.exits import FAILED, FOUND, say
from nbstream.commands.watching import watching
from nbstream.commands.whole import open_whole, read_to_end
from nbstream.errors import ConfigurationError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from nbstream.analysis.analyzer import Analyzer

__all__ = ["add_arguments", "run"]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the rules and the readings."""
    parser.add_argument(
        "rules", metavar="RULES", nargs="?", help="a file that analyzer.save_rules wrote"
    )
    parser.add_argument(
        "--on", dest="target", metavar="FILE", required=True,
        help="a table, lines, a recording; - is what is piped in",
    )  # fmt: skip
    parser.add_argument(
        "-a", "--alert", dest="alerts", metavar="CONDITION", type=condition, action="append", default=[],
        help='a rule of one condition: "value > 90"; may be given several times',
    )  # fmt: skip
    parser.add_argument(
        "-w", "--window", type=window, help="of conditions that name none, such as mean > 5; 60s"
    )
    add_reading(parser)
    add_json(parser, "write one JSON document")


def run(
    rules: str | None,
    target: str,
    *,
    alerts: Sequence[str],
    window: Any,
    as_json: bool,
    **reading: Any,
) -> int:
    """Print what would have fired, and return 3 if anything would have, 1 if a rule saw no reading."""
    if rules is None and not alerts:
        message = "Nothing to check: give a file of rules, or -a CONDITION."
        raise ConfigurationError(message)
    source = open_whole(target, **reading)
    settings: dict[str, Any] = {"alerts": alerts, "rules": rules, "resumes": False}
    with watching(source, window=window or "60s", is_started=False, **settings) as analyzer:
        read_to_end(source, analyzer)
        facts = _facts(analyzer, source.counters().accepted)
        if as_json:
            print(json.dumps(facts, indent=1))
        else:
            for incident in analyzer.alerts.incidents:
                print(incident.text)
        n_fired, unseen = facts["fired"], facts["saw_nothing"]
        say(
            f"{_count(len(analyzer.rules), 'rule')}, {_count(n_fired, 'incident')}, "
            f"{_count(facts['readings'], 'reading')}"
        )
        for name in unseen:
            say(
                f"The rule {name!r} saw no reading; the channels are: {', '.join(facts['channels'])}."
            )
    return FOUND if n_fired else FAILED if unseen else 0


def _facts(analyzer: Analyzer, n_readings: int) -> dict[str, Any]:
    from nbstream.alerts.log.export import facts_of

    incidents = analyzer.alerts.incidents
    return {
        "readings": n_readings,
        "channels": list(analyzer.channels),
        "fired": analyzer.alerts.n_fired,
        "rules": [
            {
                "name": rule.name,
                "condition": rule.condition.text,
                "fired": sum(incident.rule == rule.name for incident in incidents),
                "error": None if rule.error is None else str(rule.error),
            }
            for rule in analyzer.rules
        ],
        "saw_nothing": [rule.name for rule in analyzer.rules if not rule.states],
        "incidents": [facts_of(incident) for incident in incidents],
    }


def _count(n: int, what: str) -> str:
    return f"{n:,} {what}{'' if n == 1 else 's'}"
