"""The Western Electric rules: runs of readings that noise alone rarely makes."""

from __future__ import annotations

from nbstream.detectors.parts.rules import ChartRule, RulesDetector

__all__ = ["WesternElectricDetector"]


class WesternElectricDetector(RulesDetector):
    """Anomaly when a rule of the Western Electric handbook (1956) is broken.

    1: a reading more than 3 sigma from the mean. 2: two of three more than 2 sigma on one side. 3: four of
    five more than 1 sigma on one side. 4: eight in a row on one side. The score is the number of rules
    that are broken.

    Parameters
    ----------
    rules
        Which of them, such as (1, 4); None is all. All together alarm once in 92 readings without a cause.
    mean, sigma
        Of the readings while nothing is wrong, in their units; None is learnt from the first `warm_up`.
    warm_up
        How many readings to learn from; when anomalies keep coming for as many it is learnt anew.
    min_sigma
        Least sigma that is learnt, in units of the readings.

    Notes
    -----
    Cost: about 30 ns per reading.

    Examples
    --------
    >>> detector = WesternElectricDetector(mean=0, sigma=1)
    >>> detection = detector.update([0.0, 1.0, 2.0], [2.1, 0.0, 2.3])
    >>> detection.reason(2)
    '2 of 3 more than 2 σ above the mean (rule 2)'
    """

    name = "western_electric"
    catalogue = {
        1: ChartRule("more than 3 σ {side} the mean", "beyond", 1, 1, 3.0),
        2: ChartRule("2 of 3 more than 2 σ {side} the mean", "beyond", 2, 3, 2.0),
        3: ChartRule("4 of 5 more than 1 σ {side} the mean", "beyond", 4, 5, 1.0),
        4: ChartRule("8 in a row {side} the mean", "beyond", 8, 8, 0.0),
    }
