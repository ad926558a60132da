"""What is required, what is aimed at, and whether it was met: the upper end of the 95 % interval is what is compared."""

from collections.abc import Callable
from dataclasses import dataclass

from .measure import Sample
from .memory import EXAMPLE, KINDS, Held
from .ratios import Interval, cpu, difference, interval, ratio
from .results import Results


@dataclass(frozen=True)
class Bound:
    """What was measured, and how much it may be at the most, if anybody has said so."""

    most: float | None
    measured: Interval | None
    #: How the number is written, `{}` in it, and how the bound is.
    form: str = "{:.2f}"
    told: str = "{} x floor"

    @property
    def met(self) -> bool | None:
        return self.measured.high <= self.most if self.measured and self.most is not None else None


@dataclass(frozen=True)
class Target:
    figure: str
    required: list[Bound]
    aim: list[Bound]


def table(found: Results) -> str:
    """The table of the figures; a row whose workload was not measured says so."""
    head = "| figure | required | aim | measured (95 % interval) | required met? | aim met? |\n|---|---|---|---|---|---|"
    return "\n".join([head, *map(row, targets(found)), *clean_rows(found.held)])


def row(target: Target) -> str:
    bounds = target.required + target.aim
    cells = [
        target.figure,
        "; ".join(map(bound_text, target.required)),
        "; ".join(map(bound_text, target.aim)),
        "; ".join(dict.fromkeys(map(measured_text, bounds))),
        verdict(target.required),
        verdict(target.aim),
    ]
    return "| " + " | ".join(cells) + " |"


def bound_text(bound: Bound) -> str:
    return "" if bound.most is None else "<= " + bound.told.format(bound.form.format(bound.most))


def measured_text(bound: Bound) -> str:
    if not bound.measured:
        return "not measured"
    middle, low, high = (bound.form.format(each) for each in (bound.measured.middle, bound.measured.low, bound.measured.high))
    return bound.told.format(f"{middle} ({low} to {high})")


def verdict(bounds: list[Bound]) -> str:
    said = ["yes" if each.met else "**no**" for each in bounds if each.met is not None]
    return ", ".join(said if len(set(said)) > 1 else said[:1])


def targets(found: Results) -> list[Target]:
    return [*of_requests(found), *of_streams_and_rates(found), *of_memory(found), *of_starts(found)]


def of_requests(found: Results) -> list[Target]:
    against = Against(found)
    return [
        Target("pass-through, 1 KB", *against.both("1kb", "cardea", 1.10, 1.10)),
        Target("pass-through, 32 KB", *against.both("32kb", "cardea", 1.10, 0.90)),
        Target("+ key", *against.both("1kb", "cardea-key", 1.12, 1.15)),
        Target("+ RS256 token, verified before", *against.both("identity", "cardea-token", 1.20, 1.25)),
        Target("RS256 token verified anew", [against.more("identity", "cardea-token-anew", "cardea-token", 22)], []),
        Target(
            "whole walk-through policy",
            [against.nginx("identity", "cardea-three-layers", 1.50)],
            [against.nginx("identity", "cardea-three-layers", 1.35)],
        ),
    ]


def of_streams_and_rates(found: Results) -> list[Target]:
    against, fixed = Against(found), "fixed-1000"
    p50, p99 = "p50 {} x floor", "p99 {} x floor"
    return [
        Target("stream, per event", *against.both("stream", "cardea", 1.05, 1.10)),
        Target(
            "fixed 1,000 requests/s",
            [
                against.ratio(fixed, "cardea", "floor", 1.10, p50, lambda s: s.p50_us),
                against.ratio(fixed, "cardea", "floor", 1.20, p99, lambda s: s.p99_us),
            ],
            [against.ratio(fixed, "cardea", "nginx", 1.20, "p99 {} x nginx", lambda s: s.p99_us)],
        ),
    ]


@dataclass(frozen=True)
class Against:
    """Bounds on ratios and differences within a round."""

    found: Results

    def both(self, workload: str, name: str, floor: float, nginx: float) -> tuple[list[Bound], list[Bound]]:
        """Required beside the floor, aimed at beside nginx."""
        return [self.ratio(workload, name, "floor", floor, "{} x floor")], [self.nginx(workload, name, nginx)]

    def nginx(self, workload: str, name: str, most: float) -> Bound:
        return self.ratio(workload, name, "nginx", most, "{} x nginx")

    def ratio(
        self, workload: str, name: str, other: str, most: float, told: str, value: Callable[[Sample], float] = cpu
    ) -> Bound:
        return Bound(most, ratio(name, other, self.samples(workload), value), told=told)

    def more(self, workload: str, name: str, other: str, most: float) -> Bound:
        return Bound(most, difference(name, other, self.samples(workload)), "{:.1f}", "+ {} us")

    def samples(self, workload: str) -> list[Sample]:
        return [each for each in self.found.samples if each.workload == workload]


def of_memory(found: Results) -> list[Target]:
    example = [each for each in found.held if each.kind == EXAMPLE]
    at_rest = interval([each.rest_kib / 1024 for each in example])
    peak = interval([each.peak_kib / 1024 for each in example])
    whole = "{:.1f}", "{} MiB"
    rows = [
        Target("`serve` idle with the example", [Bound(25, at_rest, *whole)], [Bound(20, at_rest, *whole)]),
        Target("its peak with 64 connections", [Bound(56, peak, *whole)], [Bound(48, peak, *whole)]),
    ]
    for kind in KINDS:
        each = interval([one.each_kib for one in found.held if one.kind == kind.name and cardea(one)])
        told = "{:.1f}", "{} KiB"
        if kind.protocol == "http":
            most = 12 if kind.held == "idle" else 24
            rows.append(Target(f"per {kind.label}", [Bound(most, each, *told)], []))
        else:
            rows.append(Target(f"per {kind.label}", [Bound(None, each, *told)], []))
    return rows


def cardea(held: Held) -> bool:
    return held.candidate.startswith("cardea")


def of_starts(found: Results) -> list[Target]:
    mine = interval([each.first_answer_ms for each in found.starts if each.candidate == "cardea-demo"])
    told = "{:.1f}", "{} ms"
    return [Target("start to first answer with the example", [Bound(80, mine, *told)], [Bound(40, mine, *told)])]


def clean_rows(held: list[Held]) -> list[str]:
    """Whether all connections and streams that were held at once have answered as they should."""
    rows = []
    for kind in KINDS:
        mine = [each for each in held if each.kind == kind.name and cardea(each)]
        if mine:
            clean, count = sum(each.clean for each in mine), sum(each.count for each in mine)
            times = f"{len(mine)} x {kind.count:,}"
            met = "yes" if clean == count else "**no**"
            rows.append(f"| {times} at once, {kind.label} | all clean | | {clean:,} of {count:,} clean | {met} | |")
    return rows
