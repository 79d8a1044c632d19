"""Glicko-2 ratings, after Mark Glickman's "Example of the Glicko-2 system" (2022); the step numbers are his.

Computed in decimals: `decimal` rounds exp and ln correctly, which a platform's own floating-point library
need not. So a replay of the log gives the same digits on every machine.
"""

from collections.abc import Iterable
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import NamedTuple

_arithmetic = Context(prec=24, rounding=ROUND_HALF_EVEN)
_PLACES = Decimal("0.000000000001")
"""The precision to which ratings are kept."""

SCALE = Decimal("173.7178")
"""Points of a rating to one unit of the paper's own scale (step 2)."""
TAU = Decimal("0.5")
"""The constraint on how fast the volatility changes (step 1)."""
TOLERANCE = Decimal("0.000001")
"""The precision to which the volatility is found (step 5)."""
_PI_SQUARED = Decimal("9.86960440108935861883449")


class Rating(NamedTuple):
    """The strength of a player as far as it is known: with 95 % it is within two deviations of `rating`."""

    rating: Decimal = Decimal(1500)
    deviation: Decimal = Decimal(350)
    volatility: Decimal = Decimal("0.06")


NEW = Rating()
"""A player who has not played yet."""

WON, DRAWN, LOST = Decimal(1), Decimal("0.5"), Decimal(0)


def after(rating: Rating, games: Iterable[tuple[Rating, Decimal]]) -> Rating:
    """`rating` after a period with these games, each with the opponent's rating before it and one's score."""
    c = _arithmetic
    mu = c.divide(c.subtract(rating.rating, NEW.rating), SCALE)
    phi = c.divide(rating.deviation, SCALE)
    precision = improvement = Decimal(0)  # 1/v of step 3, and the sum of step 4
    for opponent, score in games:
        g = _g(c.divide(opponent.deviation, SCALE))
        gap = c.subtract(mu, c.divide(c.subtract(opponent.rating, NEW.rating), SCALE))
        expected = c.divide(1, c.add(1, c.exp(c.multiply(g.copy_negate(), gap))))
        spread = c.multiply(expected, c.subtract(1, expected))
        precision = c.add(precision, c.multiply(c.multiply(g, g), spread))
        improvement = c.add(improvement, c.multiply(g, c.subtract(score, expected)))
    v = c.divide(1, precision)
    delta = c.multiply(v, improvement)
    sigma = _volatility(phi, rating.volatility, v, delta)
    unsure = c.add(c.multiply(phi, phi), c.multiply(sigma, sigma))  # step 6, squared
    phi = c.divide(1, c.sqrt(c.add(c.divide(1, unsure), precision)))  # step 7
    mu = c.add(mu, c.multiply(c.multiply(phi, phi), improvement))
    return Rating(  # step 8
        _kept(c.add(c.multiply(SCALE, mu), NEW.rating)),
        _kept(min(c.multiply(SCALE, phi), NEW.deviation)),
        _kept(sigma),
    )


def _g(phi: Decimal) -> Decimal:
    """The weight of a game against somebody whose rating is that uncertain (step 3)."""
    c = _arithmetic
    uncertainty = c.divide(c.multiply(3, c.multiply(phi, phi)), _PI_SQUARED)
    return c.divide(1, c.sqrt(c.add(1, uncertainty)))


def _volatility(phi: Decimal, sigma: Decimal, v: Decimal, delta: Decimal) -> Decimal:
    """The new volatility, by the Illinois algorithm (step 5)."""
    c = _arithmetic
    a = c.multiply(2, c.ln(sigma))
    delta_squared, variance = c.multiply(delta, delta), c.add(c.multiply(phi, phi), v)

    def f(x: Decimal) -> Decimal:
        e = c.exp(x)
        total = c.add(variance, e)
        left = c.divide(
            c.multiply(e, c.subtract(delta_squared, total)), c.multiply(2, c.multiply(total, total))
        )
        return c.subtract(left, c.divide(c.subtract(x, a), c.multiply(TAU, TAU)))

    low = a
    if delta_squared > variance:
        high = c.ln(c.subtract(delta_squared, variance))
    else:
        high = c.subtract(a, TAU)
        while f(high) < 0:
            high = c.subtract(high, TAU)
    f_low, f_high = f(low), f(high)
    while abs(c.subtract(high, low)) > TOLERANCE:
        middle = c.add(low, c.divide(c.multiply(c.subtract(low, high), f_low), c.subtract(f_high, f_low)))
        f_middle = f(middle)
        if c.multiply(f_middle, f_high) <= 0:
            low, f_low = high, f_high
        else:
            f_low = c.divide(f_low, 2)
        high, f_high = middle, f_middle
    return c.exp(c.divide(low, 2))


def _kept(value: Decimal) -> Decimal:
    return value.quantize(_PLACES, context=_arithmetic)
