"""Nelson's eight rules: runs of readings that noise alone rarely makes."""

from __future__ import annotations

from nbstream.detectors.parts.rules import ChartRule, RulesDetector

__all__ = ["NelsonDetector"]


class NelsonDetector(RulesDetector):
    """Anomaly when one of Nelson's (1984) rules is broken.

    1: a reading more than 3 sigma from the mean. 2: nine in a row on one side. 3: six in a row that rise, or
    fall. 4: fourteen that go up and down in turn. 5: two of three more than 2 sigma on one side. 6: four
    of five more than 1 sigma on one side. 7: fifteen in a row within 1 sigma. 8: eight in a row more than
    1 sigma away, on both sides. The score is the number of rules that are broken.

    Parameters
    ----------
    rules
        Which of them, such as (1, 2, 3); None is all. Each adds false alarms: choose those whose causes
        you know.
    mean, sigma
        Of the readings while nothing is wrong, in their units; None is learnt from the first `warm_up`.
    warm_up
        How many readings to learn from; when anomalies keep coming for as many it is learnt anew.
    min_sigma
        Least sigma that is learnt, in units of the readings.

    Notes
    -----
    Cost: about 60 ns per reading.

    Examples
    --------
    >>> detector = NelsonDetector(mean=0, sigma=1)
    >>> detection = detector.update([float(t) for t in range(6)], [-1.0, -0.6, -0.1, 0.3, 0.5, 0.9])
    >>> detection.reason(5)
    '6 in a row rise (rule 3)'
    """

    name = "nelson"
    catalogue = {
        1: ChartRule("more than 3 σ {side} the mean", "beyond", 1, 1, 3.0),
        2: ChartRule("9 in a row {side} the mean", "beyond", 9, 9, 0.0),
        3: ChartRule("6 in a row {way}", "trend", 6),
        4: ChartRule("14 in a row go up and down in turn", "alternating", 14),
        5: ChartRule("2 of 3 more than 2 σ {side} the mean", "beyond", 2, 3, 2.0),
        6: ChartRule("4 of 5 more than 1 σ {side} the mean", "beyond", 4, 5, 1.0),
        7: ChartRule("15 in a row within 1 σ of the mean", "within", 15, 15, 1.0),
        8: ChartRule("8 in a row more than 1 σ from the mean", "outside", 8, 8, 1.0),
    }
