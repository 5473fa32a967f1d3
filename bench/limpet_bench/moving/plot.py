"""A picture of throughput and p99 over time, as SVG, by hand: two curves, one above the other, and what was done."""

from dataclasses import dataclass

_WIDTH, _HEIGHT, _LEFT, _TOP, _GAP = 900, 170, 70, 40, 50


@dataclass(frozen=True)
class Span:
    name: str
    first: float
    last: float


def plot(path, points, spans):
    """`points`: (seconds, answers a second, p99 in ms)."""
    end = max(point[0] for point in points)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{_LEFT + _WIDTH + 20}" '
           f'height="{_TOP + 2 * _HEIGHT + _GAP + 50}" font-family="sans-serif" font-size="12">',
           '<rect width="100%" height="100%" fill="white"/>']
    bottom = _TOP + 2 * _HEIGHT + _GAP
    for span in spans:
        x, width = _x(span.first, end), (span.last - span.first) / end * _WIDTH
        out.append(f'<rect x="{x:.1f}" y="{_TOP}" width="{width:.1f}" height="{bottom - _TOP}" fill="#dde8f5"/>')
        out.append(f'<text x="{x:.1f}" y="{_TOP - 8}">{span.name}</text>')
    out += _curve(points, 1, _TOP, end, "requests answered a second", "#1f5fa8")
    out += _curve(points, 2, _TOP + _HEIGHT + _GAP, end, "p99, ms", "#a83a1f")
    for second in range(0, int(end) + 1, max(1, int(end) // 10)):
        out.append(f'<text x="{_x(second, end):.1f}" y="{bottom + 18}" text-anchor="middle">{second} s</text>')
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join([*out, "</svg>"]) + "\n")


def _x(second, end):
    return _LEFT + second / end * _WIDTH


def _curve(points, column, top, end, title, colour):
    most = max(point[column] for point in points) * 1.05
    line = " ".join(f"{_x(point[0], end):.1f},{top + _HEIGHT * (1 - point[column] / most):.1f}" for point in points)
    out = [f'<text x="{_LEFT}" y="{top - 6 if column == 2 else top + 14}" fill="{colour}">{title}</text>',
           f'<polyline points="{line}" fill="none" stroke="{colour}" stroke-width="1.5"/>',
           f'<line x1="{_LEFT}" y1="{top + _HEIGHT}" x2="{_LEFT + _WIDTH}" y2="{top + _HEIGHT}" stroke="black"/>']
    for part in (0, 0.5, 1):
        value = most * part
        text = f"{value:,.0f}" if most >= 20 else f"{value:.1f}"
        out.append(f'<text x="{_LEFT - 8}" y="{top + _HEIGHT * (1 - part) + 4:.1f}" text-anchor="end">{text}</text>')
    return out
