"""What samples say: medians, and ratios within a round with their 95 % interval."""

import random
from dataclasses import dataclass
from statistics import median

from .candidates import Candidate
from .measure import Sample
from .settings import Workload

RESAMPLES = 10_000

#: Who is compared with whom, besides the baselines.
COMPARISONS = [
    ("floor-shared", "floor"),
    ("floor-shared-2", "floor-2"),
    ("cardea", "floor"),
    ("cardea-key", "nginx-key"),
    ("cardea-key", "cardea"),
    ("cardea-shared", "cardea"),
    ("cardea-token", "cardea-key"),
    ("cardea-token-anew", "cardea-token"),
    ("cardea-three-layers", "cardea-token"),
    ("cardea-three-layers", "cardea"),
    ("cardea-2", "floor-2"),
    ("cardea-shared-2", "cardea-2"),
]


@dataclass
class Figure:
    """One line of a table."""

    candidate: str
    label: str
    baseline: str
    cpu_us: float
    user_us: float
    kernel_us: float
    ratio: float | None
    low: float | None
    high: float | None
    units_per_second: float
    p50_us: float
    p99_us: float
    first_use_share: float
    peak_memory_mib: float
    failures: int
    first_failure: str


@dataclass
class Comparison:
    """What one candidate costs beside another one."""

    candidate: str
    other: str
    ratio: float
    low: float
    high: float


def comparisons(samples: list[Sample], workload: Workload) -> list[Comparison]:
    mine = [sample for sample in samples if sample.workload == workload.name]
    found = []
    for name, other in COMPARISONS:
        if ratios := ratios_of(name, other, mine):
            found.append(Comparison(name, other, median(ratios), *interval(ratios)))
    return found


def figures(samples: list[Sample], candidates: list[Candidate], workload: Workload) -> list[Figure]:
    mine = [sample for sample in samples if sample.workload == workload.name]
    return [figure(each, mine) for each in candidates if each.takes(workload)]


def figure(candidate: Candidate, samples: list[Sample]) -> Figure:
    mine = [sample for sample in samples if sample.candidate == candidate.name]
    ratios = ratios_of(candidate.name, candidate.baseline, samples)
    low, high = interval(ratios) if ratios else (None, None)

    def middle(value):
        return median(value(sample) for sample in mine)

    return Figure(
        candidate=candidate.name,
        label=candidate.label,
        baseline=candidate.baseline,
        cpu_us=middle(lambda s: s.cpu_us),
        user_us=middle(lambda s: s.user_us),
        kernel_us=middle(lambda s: s.kernel_us),
        ratio=median(ratios) if ratios else None,
        low=low,
        high=high,
        units_per_second=middle(lambda s: s.units / s.seconds),
        p50_us=middle(lambda s: s.p50_us),
        p99_us=middle(lambda s: s.p99_us),
        first_use_share=sum(s.first_uses for s in mine) / max(1, sum(s.requests for s in mine)),
        peak_memory_mib=max(s.peak_memory_kib for s in mine) / 1024,
        failures=sum(s.failures for s in mine),
        first_failure=next((s.first_failure for s in mine if s.first_failure), ""),
    )


def ratios_of(name: str, other: str, samples: list[Sample]) -> list[float]:
    """The cost in each round, divided by the other's cost in the same round."""
    cost = {(sample.candidate, sample.round): sample.cpu_us for sample in samples}
    rounds = sorted({sample.round for sample in samples})
    pairs = [(cost.get((name, n), 0), cost.get((other, n), 0)) for n in rounds]
    return [mine / theirs for mine, theirs in pairs if mine > 0 and theirs > 0]


def interval(values: list[float]) -> tuple[float, float]:
    """The 95 % interval of the median, by drawing samples anew with a fixed seed (percentile bootstrap)."""
    draw = random.Random(1)
    medians = sorted(median(draw.choices(values, k=len(values))) for _ in range(RESAMPLES))
    return medians[int(RESAMPLES * 0.025)], medians[int(RESAMPLES * 0.975) - 1]
