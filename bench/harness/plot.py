"""The plot of a run: what each candidate costs beside nginx, with its 95 % interval. An SVG file that needs nothing."""

import math
from dataclasses import dataclass
from html import escape

from .ratios import Interval, ratio
from .results import Results

WIDTH, LEFT, RIGHT, ROW, GAP, TOP = 880, 330, 150, 17, 14, 56

STYLE = """\
text { font: 12px system-ui, sans-serif; fill: #1f2328 }
.small { font-size: 11px; fill: #59636e }
.group { font-weight: 600 }
.background { fill: #ffffff }
.grid { stroke: #d1d9e0 }
.one { stroke: #59636e; stroke-dasharray: 4 3 }
.other { stroke: #8c959f; fill: #8c959f }
.ours { stroke: #0969da; fill: #0969da }
line { stroke-width: 1 }
.range { stroke-width: 3; stroke-linecap: round; opacity: 0.45 }"""


@dataclass(frozen=True)
class Row:
    label: str
    ours: bool
    ratio: Interval


@dataclass(frozen=True)
class Group:
    label: str
    rows: list[Row]


def svg(found: Results) -> str:
    groups = [each for each in all_groups(found) if each.rows]
    most = max((row.ratio.high for group in groups for row in group.rows), default=1.0)
    scale = Scale(min(4.0, math.ceil(most * 4) / 4 + 0.05))
    parts, y = [], TOP
    for group in groups:
        parts.append(f'<text class="group" x="12" y="{y + 12}">{escape(group.label)}</text>')
        y += ROW
        for row in group.rows:
            parts.append(drawn(row, y + ROW / 2, scale))
            y += ROW
        y += GAP
    return "\n".join([head(found, y + 12), *grid(scale, y), *parts, "</svg>"]) + "\n"


def all_groups(found: Results) -> list[Group]:
    """CPU time of each workload, and latencies at fixed rates."""
    groups = []
    for workload in found.workloads:
        groups.append(Group(f"{workload.label}: CPU time", rows(found, workload, lambda s: s.cpu_us)))
        if workload.rate:
            groups.append(Group(f"{workload.label}: latency p99", rows(found, workload, lambda s: s.p99_us)))
    return groups


def rows(found: Results, workload, value) -> list[Row]:
    mine, made = found.of(workload), []
    for each in found.taking_part(mine):
        one = ratio(each.name, each.baseline, mine, value) if each.name not in ("direct", each.baseline) else None
        if one:
            made.append(Row(each.label, each.name.startswith("cardea"), one))
    return made


@dataclass(frozen=True)
class Scale:
    """From ratios to the width of the plot; what is beyond it is drawn at its end."""

    most: float

    def x(self, value: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * min(value, self.most) / self.most


def head(found: Results, height: float) -> str:
    about = found.conditions
    told = f"{about['rounds']} rounds, commit {about['commit']}, {about['date'][:10]}, load average {about['load_average_before']} before"
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height:.0f}" viewBox="0 0 {WIDTH} {height:.0f}">',
            f"<style>{STYLE}</style>",
            f'<rect class="background" width="{WIDTH}" height="{height:.0f}"/>',
            '<text class="group" x="12" y="20">Beside nginx in the same round: median and 95 % interval, less is better</text>',
            f'<text class="small" x="12" y="38">{escape(told)}</text>',
        ]
    )


def grid(scale: Scale, bottom: float) -> list[str]:
    lines = []
    for step in range(int(scale.most * 2) + 1):
        value = step / 2
        x, kind = scale.x(value), "one" if value == 1 else "grid"
        lines.append(f'<line class="{kind}" x1="{x:.1f}" x2="{x:.1f}" y1="{TOP - 4}" y2="{bottom:.0f}"/>')
        lines.append(f'<text class="small" x="{x:.1f}" y="{TOP - 6}" text-anchor="middle">{value:g}</text>')
    return lines


def drawn(row: Row, y: float, scale: Scale) -> str:
    kind = "ours" if row.ours else "other"
    low, high, middle = (scale.x(each) for each in (row.ratio.low, row.ratio.high, row.ratio.middle))
    number = f"{row.ratio.middle:.2f}"
    return (
        f'<text x="24" y="{y + 4:.1f}">{escape(row.label)}</text>'
        f'<line class="range {kind}" x1="{low:.1f}" x2="{high:.1f}" y1="{y:.1f}" y2="{y:.1f}"/>'
        f'<circle class="{kind}" cx="{middle:.1f}" cy="{y:.1f}" r="4"><title>{number}</title></circle>'
        f'<text class="small" x="{WIDTH - RIGHT + 20}" y="{y + 4:.1f}">{number} ({row.ratio.low:.2f}-{row.ratio.high:.2f})</text>'
    )
