"""Tables in markdown, with targets and whether they are reached."""

from dataclasses import dataclass, field

OK, MISSED = "ok", "missed"


@dataclass(frozen=True)
class Target:
    limit: float
    at_least: bool = False

    def cells(self, value):
        """The target and the verdict on a value, which is a number, a Spread or None, for two columns of a table."""
        value = getattr(value, "value", value)
        text = f"{'≥' if self.at_least else '≤'} {self.limit:,g}"
        if value is None:
            return text, ""
        value = round(value, 6)  # a quotient that equals the limit but for the last bit reaches it
        return text, OK if (value >= self.limit if self.at_least else value <= self.limit) else MISSED


def cells(target, value):
    """The same for a target that there may not be."""
    return target.cells(value) if target else ("", "")


@dataclass
class Table:
    title: str
    note: str
    columns: tuple
    rows: list = field(default_factory=list)

    def add(self, *row):
        self.rows.append([_text(cell) for cell in row])

    def count(self, verdict):
        return sum(row.count(verdict) for row in self.rows)

    def markdown(self):
        lines = [f"### {self.title}", "", self.note, "", _line(self.columns), "|" + "---|" * len(self.columns)]
        return "\n".join(lines + [_line(row) for row in self.rows]) + "\n"


def _line(row):
    return "| " + " | ".join(row) + " |"


def _text(cell):
    if cell is None:
        return "–"
    if hasattr(cell, "low"):
        return f"{cell.value:.2f} [{cell.low:.2f}–{cell.high:.2f}]"
    if isinstance(cell, float):
        return f"{cell:,.0f}" if abs(cell) >= 100 else f"{cell:.1f}" if abs(cell) >= 20 else f"{cell:.2f}"
    return f"{cell:,}" if isinstance(cell, int) else cell
