"""Results that were made up, for tests."""

from harness.measure import Sample
from harness.memory import Held
from harness.results import Named, Results
from harness.starts import Start

CONDITIONS = {
    "rounds": 11,
    "commit": "abc",
    "date": "2026-01-01T00:00:00+00:00",
    "load_average_before": "0.10",
    "load_average_after": "2.00",
}


def sample(candidate: str, number: int, cost: float, workload: str = "1kb", **more) -> Sample:
    fixed = {"requests": 100, "units": 100, "first_uses": 0, "failures": 0, "first_failure": "", "seconds": 1.0}
    times = {"p50_us": 100, "p90_us": 200, "p99_us": 300, "p999_us": 400, "late_p99_us": 5, "peak_memory_kib": 1024}
    halves = {"user_us": cost / 2, "kernel_us": cost / 2}
    return Sample(round=number, workload=workload, candidate=candidate, **{**fixed, **times, **halves, **more})


def results(samples: list[Sample], starts: list[Start] | None = None, held: list[Held] | None = None) -> Results:
    names = dict.fromkeys(each.candidate for each in samples)
    named = [Named(each, f"the label of {each}", "nginx") for each in names]
    return Results(dict(CONDITIONS), named, samples, starts or [], held or [])
