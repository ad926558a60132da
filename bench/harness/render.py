"""The page of the last run: a part of docs/benchmarks.md, and the plot beside it."""

from pathlib import Path

from . import plot, report, results, targets
from .results import Results
from .settings import ROOT
from .setup import Missing, say

PAGE = ROOT / "docs" / "benchmarks.md"
PLOT = ROOT / "docs" / "benchmarks.svg"

#: Between these lines everything is written anew.
BEGIN = "<!-- Written by `bench/run --render`: begin -->"
END = "<!-- Written by `bench/run --render`: end -->"

#: Above this load average the page says that the machine had other work.
QUIET = 1.0


def page(path: Path) -> int:
    """Writes both from a file of results."""
    found = results.read(path)
    before, begin, rest = PAGE.read_text().partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise Missing(f"`{PAGE.name}` has no lines `{BEGIN}` and `{END}`")
    PAGE.write_text(f"{before}{BEGIN}\n\n{text(found)}\n{END}{after}")
    PLOT.write_text(plot.svg(found))
    say(f"written: {PAGE} and {PLOT}")
    return 0


def text(found: Results) -> str:
    parts = ["## What is required", warning(found.conditions), targets.table(found), NOTE, "![plot](benchmarks.svg)"]
    parts += ["## The run", report.condition_table(found.conditions), f"Calls that failed: {found.failures}."]
    parts += ["## Requests and streams", RATIOS]
    for workload in found.workloads:
        parts += [report.table(found, workload), report.stream_table(found, workload), report.rate_table(found, workload)]
    parts += ["## Start and memory", report.start_table(found), report.memory_table(found)]
    parts += ["## Beside each other", report.beside_each_other(found)]
    return "\n\n".join(part for part in parts if part) + "\n"


NOTE = (
    "The upper end of the 95 % interval is what is compared. Ratios are of CPU time, or of latencies where that is said, "
    "within a round; `floor` is the minimal proxy on hyper. Memory and starts are medians with the interval of their median; "
    "memory is looked at three times only."
)
RATIOS = (
    "Ratios are medians over the rounds with their 95 % interval, against nginx with one worker unless another one is named. "
    "Latencies of the workloads that are flat out say how long a request waits for the 63 others."
)


def warning(about: dict) -> str:
    before, after = float(about["load_average_before"]), float(about["load_average_after"])
    if before <= QUIET and about["rounds"] >= 11:
        return ""
    return (
        f"**Not figures to compare**: {about['rounds']} rounds, at a load average of {before} before the run and {after} after it "
        "(the run itself adds about 2)."
    )
