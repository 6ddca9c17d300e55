"""What a run may use, and what it has used.

Money is counted in whole micro-dollars (1_000_000 = one dollar), so that sums are exact.
"""

from dataclasses import dataclass, fields

MICROS = 1_000_000


@dataclass(frozen=True)
class Usage:
    """Tokens of each price class, model calls and their cost in micro-dollars. Adds up with `+`."""

    input_tokens: int = 0
    cache_write_tokens: int = 0
    cache_read_tokens: int = 0
    output_tokens: int = 0
    calls: int = 0
    micros: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    @property
    def tokens(self) -> int:
        """All tokens that went in or came out."""
        return self.input_tokens + self.cache_write_tokens + self.cache_read_tokens + self.output_tokens


@dataclass(frozen=True)
class Price:
    """Dollars per million tokens, which is micro-dollars per token.

    Source: the list prices on Anthropic's pricing page; writing the cache costs 1.25 times the input, reading 0.1.
    """

    input: float
    output: float

    def micros(self, usage: Usage) -> int:
        """The cost of `usage`, rounded up to a whole micro-dollar."""
        cost = (
            self.input * (usage.input_tokens + 1.25 * usage.cache_write_tokens + 0.1 * usage.cache_read_tokens)
            + self.output * usage.output_tokens
        )
        return -int(-cost // 1)


PRICES = {
    "claude-opus": Price(5, 25),
    "claude-sonnet": Price(3, 15),
    "claude-haiku": Price(1, 5),
}
DEAREST = Price(15, 75)


def price_of(model: str) -> Price:
    """The price of a model by the family in its name; an unknown model counts as the dearest, never as free."""
    return next((price for family, price in PRICES.items() if model.startswith(family)), DEAREST)


MARKS = (50, 80, 100)
"""Shares of a budget, in percent, at which a person is told."""


@dataclass(frozen=True)
class Budget:
    """The limits of one run: money in micro-dollars, time in seconds, model calls (turns) and tokens."""

    micros: int = 5 * MICROS
    seconds: int = 30 * 60
    turns: int = 80
    tokens: int = 20_000_000

    def exceeded(self, usage: Usage) -> str | None:
        """Which limit is used up, of those that may be raised, as a phrase for the person, or None."""
        if usage.micros >= self.micros:
            return f"the budget of ${self.micros / MICROS:.2f} is spent"
        if usage.calls >= self.turns:
            return f"the limit of {self.turns} turns is reached"
        if usage.tokens >= self.tokens:
            return f"the limit of {self.tokens:,} tokens is reached"
        return None

    def overdue(self, seconds: float) -> str | None:
        """That the time of an attempt is over, as a phrase for the person, or None."""
        return f"the limit of {self.seconds // 60} minutes is reached" if seconds >= self.seconds else None

    def mark(self, usage: Usage) -> int:
        """The highest of MARKS, in percent, that the money, the calls or the tokens have passed; 0 for none."""
        shares = ((usage.micros, self.micros), (usage.calls, self.turns), (usage.tokens, self.tokens))
        return max((mark for mark in MARKS for used, limit in shares if used * 100 >= limit * mark), default=0)

    def raised(self, micros: int) -> "Budget":
        """With so much more money, and as much more of the calls and the tokens as one dollar usually takes."""
        calls, tokens = (-(-total * micros // Budget.micros) for total in (Budget.turns, Budget.tokens))
        return Budget(self.micros + micros, self.seconds, self.turns + calls, self.tokens + tokens)


DEFAULT_BUDGET = Budget()
NOTHING_USED = Usage()
