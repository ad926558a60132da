"""What samples say: medians, and ratios within a round with their 95 % interval."""

import random
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from statistics import median

from .measure import Sample
from .results import Named, Results
from .workloads import Workload

RESAMPLES = 10_000

#: Who is compared with whom, besides the baselines.
COMPARISONS = [
    ("nginx", "floor"),
    ("floor-shared", "floor"),
    ("floor-shared-2", "floor-2"),
    ("cardea", "floor"),
    ("cardea-key", "floor"),
    ("cardea-key", "nginx-key"),
    ("cardea-key", "haproxy-key"),
    ("cardea-key", "cardea"),
    ("cardea-shared", "cardea"),
    ("cardea-token", "floor"),
    ("cardea-token", "cardea-key"),
    ("cardea-token-anew", "cardea-token"),
    ("cardea-three-layers", "cardea-token"),
    ("cardea-three-layers", "cardea"),
    ("cardea-tls", "floor-tls"),
    ("cardea-2", "floor-2"),
    ("cardea-shared-2", "cardea-2"),
]


@dataclass(frozen=True)
class Interval:
    """A median and where it lies with 95 %."""

    middle: float
    low: float
    high: float


@dataclass
class Figure:
    """One line of a table."""

    candidate: str
    label: str
    baseline: str
    cpu_us: float
    user_us: float
    kernel_us: float
    ratio: Interval | None
    units_per_second: float
    p50_us: float
    p90_us: float
    p99_us: float
    p999_us: float
    late_p99_us: float
    first_use_share: float
    peak_memory_mib: float
    failures: int
    first_failure: str


@dataclass
class Comparison:
    """What one candidate costs beside another one."""

    candidate: str
    other: str
    ratio: Interval


def comparisons(found: Results, workload: Workload) -> list[Comparison]:
    mine = found.of(workload)
    ratios = [(name, other, ratio(name, other, mine)) for name, other in COMPARISONS]
    return [Comparison(*each) for each in ratios if each[2]]


def figures(found: Results, workload: Workload) -> list[Figure]:
    mine = found.of(workload)
    return [figure(each, mine) for each in found.taking_part(mine)]


def figure(candidate: Named, samples: list[Sample]) -> Figure:
    mine = [sample for sample in samples if sample.candidate == candidate.name]

    def middle(value):
        return median(value(sample) for sample in mine)

    return Figure(
        candidate=candidate.name,
        label=candidate.label,
        baseline=candidate.baseline,
        cpu_us=middle(lambda s: s.cpu_us),
        user_us=middle(lambda s: s.user_us),
        kernel_us=middle(lambda s: s.kernel_us),
        ratio=ratio(candidate.name, candidate.baseline, samples),
        units_per_second=middle(lambda s: s.units / s.seconds),
        p50_us=middle(lambda s: s.p50_us),
        p90_us=middle(lambda s: s.p90_us),
        p99_us=middle(lambda s: s.p99_us),
        p999_us=middle(lambda s: s.p999_us),
        late_p99_us=middle(lambda s: s.late_p99_us),
        first_use_share=sum(s.first_uses for s in mine) / max(1, sum(s.requests for s in mine)),
        peak_memory_mib=max(s.peak_memory_kib for s in mine) / 1024,
        failures=sum(s.failures for s in mine),
        first_failure=next((s.first_failure for s in mine if s.first_failure), ""),
    )


def cpu(sample: Sample) -> float:
    return sample.cpu_us


def ratio(name: str, other: str, samples: list[Sample], value: Callable[[Sample], float] = cpu) -> Interval | None:
    """The cost in each round, divided by the other's cost in the same round."""
    return interval([mine / theirs for mine, theirs in pairs(name, other, samples, value)])


def difference(name: str, other: str, samples: list[Sample]) -> Interval | None:
    """The cost in each round, less the other's cost in the same round."""
    return interval([mine - theirs for mine, theirs in pairs(name, other, samples, cpu)])


def pairs(
    name: str, other: str, samples: list[Sample], value: Callable[[Sample], float]
) -> list[tuple[float, float]]:
    cost = {(sample.candidate, sample.round): value(sample) for sample in samples}
    rounds = sorted({sample.round for sample in samples})
    found = [(cost.get((name, n), 0), cost.get((other, n), 0)) for n in rounds]
    return [(mine, theirs) for mine, theirs in found if mine > 0 and theirs > 0]


def interval(values: list[float]) -> Interval | None:
    """The 95 % interval of the median, by drawing samples anew with a fixed seed (percentile bootstrap)."""
    return interval_of(tuple(values)) if values else None


@cache
def interval_of(values: tuple[float, ...]) -> Interval:
    draw = random.Random(1)
    medians = sorted(median(draw.choices(values, k=len(values))) for _ in range(RESAMPLES))
    return Interval(median(values), medians[int(RESAMPLES * 0.025)], medians[int(RESAMPLES * 0.975) - 1])
