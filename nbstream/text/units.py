"""Units of measurement: which texts are units, and how one is converted to another."""

from __future__ import annotations

from functools import lru_cache

__all__ = ["ALIKE", "CURRENCIES", "MULTIPLIERS", "UNSCALED", "base_unit", "convert", "is_unit"]

ALIKE = str.maketrans({"\u00a0": " ", "\u202f": " ", "\u2009": " ", "’": "'", "−": "-"})
"""Characters of typesetters, and the plain ones that they stand for."""
CURRENCIES = "$€£¥₹₽₩₺₿"
_PREFIXES = {
    "": 1.0, "k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "m": 1e-3, "µ": 1e-6,
    "μ": 1e-6, "u": 1e-6, "n": 1e-9, "p": 1e-12, "c": 1e-2, "d": 1e-1, "h": 1e2,
    "Ki": 2.0**10, "Mi": 2.0**20, "Gi": 2.0**30, "Ti": 2.0**40, "Pi": 2.0**50,
}  # fmt: skip
_BASES = frozenset(
    "B b bit bits bps Bps B/s b/s bit/s bits/s bits/sec Bytes bytes bytes/s Bytes/sec "
    "Hz V A W Wh VA VAh var varh Ah Pa bar N Nm N·m J F "
    "H Ω Ohm ohm m g g/l g/L g/m³ g/m3 s l L l/min L/min l/h m/s m/s² m/s2 m/s^2 mol lx lux lm S "
    "S/cm T eV cal Gal Sv Sv/h Bq req/s ops iops IOPS pps W/m² W/m2 W/m^2 V/m T/s".split()
)
_TIMES = {"s": 1.0, "sec": 1.0, "min": 60.0, "h": 3600.0, "hr": 3600.0, "d": 86_400.0}
MULTIPLIERS = {prefix: _PREFIXES[prefix] for prefix in ("K", "k", "M", "G", "T", "Ki", "Mi", "Gi")}
MULTIPLIERS |= {"Mil": 1e6, "Bil": 1e9, "Tri": 1e12}  # of Grafana
"""What stands behind numbers of no unit, 1.5k; some are units of their own too."""
UNSCALED = (
    frozenset(
        "% ‰ %RH %rh %rH % RH °C °F °K °R °Ra °De °N °r ° C F K deg degC deg_C degF deg_F DegC DegF degK Deg "
        "deg/s degrees rad rad/s rpm RPM 1/min r/min 1/s ppm ppb ppt ppmv ppbv pH psi psig psia atm Torr "
        "mbar mmHg inHg inH2O mmH2O kn kt kts knots mph km/h kmh kph km/hr ft ft/s fps in inch inches "
        "mi mile miles yd lb lbs lbf oz gal gpm gal/min cfm CFM cf/m t kg/s kg/h m² m2 m^2 m³ m3 m^3 m³/h "
        "m3/h m^3/h m³/s m3/s cm² cm2 cm³ cm3 km² km2 ha mm/h mm/hr in/hr in/h µg/m³ ug/m3 μg/m³ µg/m3 "
        "VDC VAC ADC AAC %rF %r.F. "
        "kg/m³ kg/m3 g/cm³ g/cm3 mg/m³ mg/m3 mg/l mg/L µS/cm uS/cm µmol/m²/s umol/m^2/s umol/m2/s "
        "umol/s/m^2 MJ/m² MJ/m2 W/m²K kJ/kg dB dBm dBA dB(A) dBV dBu UV UVI NTU FNU PSU FTU count counts "
        "cnt cps cpm ct steps bpm BPM pcs x × ratio gpu GPU px dpi Bytes bytes KB MB GB TB Volts Volt "
        "VOLT VOLTS AMP AMPS "
        "volts Amps Amp amps Watts Watt watts Celsius celsius Fahrenheit Kelvin Pascal hours hour hrs "
        "minutes minute mins seconds second secs days day months month years year yr msec usec nsec "
        "dimensionless unitless percent Percent pct none None - EUR USD GBP CHF JPY ct/kWh €/kWh $/kWh "
        "€/MWh EUR/MWh R$ kr zł Kč Ft lei ℃ ℉ V.A VAr VAR kVAr Var TS RN".split()
    )
    | {"mm Hg", "in Hg", "% RH", "% rH", "m s-1", "W m-2", "kg m-3", "mol m-2 s-1"}
    | {"deg C", "deg F", "V DC", "V AC", "A DC", "A AC"}
)
"""Units that nothing else is converted to, or from."""


@lru_cache(maxsize=1024)
def _scale(unit: str) -> tuple[float, str] | None:
    """Return how many of its base a unit is, and that base; None where no prefix is known."""
    if unit in _TIMES:
        return _TIMES[unit], "s"
    for length in (0, 2, 1):
        prefix, base = unit[:length], unit[length:]
        if prefix in _PREFIXES and base in _BASES:
            return _PREFIXES[prefix], base
    return (MULTIPLIERS[unit], "") if unit in MULTIPLIERS else None


def is_unit(text: str) -> bool:
    """Return whether a text is a unit that is known, in brackets or not.

    Examples
    --------
    >>> is_unit("°C"), is_unit("[kB/s]"), is_unit("temperature")
    (True, True, False)
    """
    text = text.translate(ALIKE).strip()
    if len(text) > 2 and (text[0], text[-1]) in {("(", ")"), ("[", "]"), ("{", "}"), ("<", ">")}:
        text = text[1:-1].strip()
    return bool(text) and (text in UNSCALED or _scale(text) is not None or text in CURRENCIES)


def convert(value: float, unit: str, wanted: str) -> float | None:
    """Return a value in another unit of the same kind, None if the two have nothing in common.

    Examples
    --------
    >>> convert(1.5, "MB/s", "kB/s"), convert(1.0, "GiB", "MiB"), convert(20.0, "°C", "°F")
    (1500.0, 1024.0, None)
    >>> convert(1.5, "k", "")
    1500.0
    """
    if unit in (wanted, ""):
        return value
    if not wanted:
        return value * MULTIPLIERS[unit] if unit in MULTIPLIERS else None
    mine, other = _scale(unit), _scale(wanted)
    if mine is None or other is None or mine[1] != other[1]:
        return None
    factor = mine[0] / other[0]
    return value * factor if factor >= 1 else value / (other[0] / mine[0])


def base_unit(unit: str) -> str:
    """Return a unit without its prefix, as it is where none is known.

    Examples
    --------
    >>> base_unit("MiB/s"), base_unit("ms"), base_unit("%")
    ('B/s', 's', '%')
    """
    found = _scale(unit)
    return unit if found is None or not found[1] else found[1]
