"""Figures of a run: the medians of its rounds, beside those of the peer, against the goal; one TSV line each."""

import dataclasses
import statistics
import sys

from bench import machine

COLUMNS = "row case metric unit swytch peer peer_value ratio goal met rounds low high".split()


@dataclasses.dataclass
class Goal:
    """A bound of a figure. `of` is `ratio` (Swytch / peer) or `value` (Swytch's own)."""

    of: str
    sign: str
    bound: float

    def __str__(self):
        return f"{self.of}{self.sign}{self.bound:g}"

    def met(self, value):
        return value <= self.bound if self.sign == "<=" else value >= self.bound


def ratio_at_most(bound):
    return Goal("ratio", "<=", bound)


def ratio_at_least(bound):
    return Goal("ratio", ">=", bound)


def value_at_most(bound):
    return Goal("value", "<=", bound)


def value_at_least(bound):
    return Goal("value", ">=", bound)


class Results:
    """Writes figures to a file and to standard output as they come, so that a run that is broken off keeps what it has."""

    def __init__(self, path, marks=()):
        """Opens the file; `marks` are lines that come before all others."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = open(path, "w", encoding="utf-8")
        for line in [*marks, *machine.header()]:
            self._line(line)
        self._line("\t".join(COLUMNS))

    def close(self):
        self._file.close()

    def note(self, text):
        """A comment line."""
        self._line(f"# {text}")

    def add(self, row, case, metric, unit, ours, peer="", theirs=(), goal=None):
        """Adds a figure: `ours` and `theirs` are the values of the rounds, of which pair by pair the ratios are taken."""
        ratios = [a / b for a, b in zip(ours, theirs) if b]
        ratio = statistics.median(ratios) if ratios else None
        value = statistics.median(ours)
        judged = (ratio if goal.of == "ratio" else value) if goal else None
        spread = ratios or list(ours)
        fields = [
            row,
            case,
            metric,
            unit,
            _number(value),
            peer,
            _number(statistics.median(theirs)) if theirs else "",
            f"{ratio:.3f}" if ratio is not None else "",
            goal or "",
            "" if judged is None else "yes" if goal.met(judged) else "NO",
            len(ours),
            _number(min(spread)),
            _number(max(spread)),
        ]
        self._line("\t".join(str(field) for field in fields))

    def _line(self, text):
        print(text, file=self._file, flush=True)
        print(text, flush=True)
        sys.stdout.flush()


def _number(value):
    """Four digits that count, without an exponent."""
    if value == 0:
        return "0"
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.4g}"
