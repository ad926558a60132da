"""The results: JSON for machines, Markdown for people."""

import json
import platform
import subprocess
from dataclasses import asdict, dataclass
from datetime import datetime, timezone
from pathlib import Path
from statistics import median

from . import starts as starts_of
from .candidates import Candidate
from .measure import Sample, as_records
from .ratios import Comparison, Figure, comparisons, figures
from .settings import MAP_KEYS, RESULTS, ROOT, SUBSCRIPTIONS, TOKENS, Settings, Workload
from .starts import Start


@dataclass
class Found:
    """What a run has measured, and of whom."""

    starters: list[Candidate]
    starts: list[Start]
    candidates: list[Candidate]
    samples: list[Sample]


def conditions(settings: Settings, nginx: Path) -> dict:
    return {
        "command": " ".join(["bench/run", *settings.arguments]),
        "date": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "commit": output("git", "-C", str(ROOT), "describe", "--always", "--dirty"),
        "processor": processor(),
        "kernel": platform.release(),
        "nginx": output(str(nginx), "-v").removeprefix("nginx version: "),
        "rustc": output("rustc", "--version"),
        "network": "namespace of its own" if settings.namespace else "loopback device of the host",
        "rounds": settings.rounds,
        "seconds": settings.seconds,
        "warm_up": settings.warm_up,
        "connections": settings.connections,
        "caller_keys": SUBSCRIPTIONS,
        "map_keys": MAP_KEYS,
        "caller_tokens": TOKENS,
        "load_average_before": load_average(),
    }


def load_average() -> str:
    """Runnable processes of the last minute; other work on the machine shows here."""
    return Path("/proc/loadavg").read_text().split()[0]


def output(*command: str) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    return (done.stdout + done.stderr).strip()


def processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{len(names)} x {names[0]}" if names else platform.machine()


def write(settings: Settings, found: Found, about: dict) -> tuple[Path, str, int]:
    """Writes both files; gives the JSON's path, the Markdown and the number of failures."""
    about = {**about, "load_average_after": load_average()}
    tables = {each.name: figures(found.samples, found.candidates, each) for each in settings.workloads}
    compared = {each.name: comparisons(found.samples, each) for each in settings.workloads}
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / (about["date"].replace(":", "").replace("+0000", "Z") + ".json")
    records = {
        "conditions": about,
        "summary": {name: [asdict(figure) for figure in table] for name, table in tables.items()},
        "comparisons": {name: [asdict(each) for each in list_] for name, list_ in compared.items()},
        "starts": starts_of.as_records(found.starts),
        "samples": as_records(found.samples),
    }
    path.write_text(json.dumps(records, indent=1))
    parts = [table(each, tables[each.name]) for each in settings.workloads]
    parts += [beside_each_other(settings.workloads, compared), start_table(found), condition_table(about)]
    text = "\n\n".join(part for part in parts if part) + "\n"
    path.with_suffix(".md").write_text(text)
    return path, text, sum(figure.failures for table in tables.values() for figure in table)


def condition_table(about: dict) -> str:
    listed = "\n".join(f"| {name.replace('_', ' ')} | {value} |" for name, value in about.items())
    return "| condition | |\n|---|---|\n" + listed


def start_table(found: Found) -> str:
    """Medians, with the least and the most of all starts."""
    if not found.starts:
        return ""
    head = "| candidate | start to first answer, ms | CPU ms of it | resident at rest, MiB |"
    lines = ["**Start**", "", head, "|---|---|---|---|"]
    for candidate in found.starters:
        mine = [each for each in found.starts if each.candidate == candidate.name]
        times = spread([each.first_answer_ms for each in mine])
        used = spread([each.first_answer_cpu_ms for each in mine])
        sizes = spread([each.rest_memory_kib / 1024 for each in mine])
        lines.append(f"| {candidate.label} | {times} | {used} | {sizes} |")
    return "\n".join(lines)


def spread(values: list[float]) -> str:
    return f"{median(values):.1f} ({min(values):.1f} to {max(values):.1f})"


def table(workload: Workload, lines: list[Figure]) -> str:
    head = (
        f"**{workload.label}**\n\n"
        f"| candidate | CPU us per {workload.unit} (user + kernel) | ratio, 95 % interval | {workload.unit}s/s | p50, p99 ms | peak MiB |\n"
        "|---|---|---|---|---|---|"
    )
    told = [head, *map(line, lines)]
    if workload.tokens:
        told += ["", first_uses(lines)]
    return "\n".join(told)


def first_uses(lines: list[Figure]) -> str:
    """How many verified tokens could be missing from a cache; a gateway without one verifies all."""
    most = max((each.first_use_share for each in lines), default=0)
    return f"Requests whose token was sent for the first time since the measurement began: at most {most:.2%} of any candidate's."


def beside_each_other(workloads: list[Workload], compared: dict[str, list[Comparison]]) -> str:
    """Costs of pairs, a column for each workload."""
    names = dict.fromkeys((each.candidate, each.other) for found in compared.values() for each in found)
    if not names:
        return ""
    cells = {(w, each.candidate, each.other): each for w, found in compared.items() for each in found}
    head = "| cost in the same round | " + " | ".join(each.name for each in workloads) + " |"
    lines = [head, "|---" * (len(workloads) + 1) + "|"]
    for pair in names:
        ratios = [ratio_text(cells.get((each.name, *pair))) for each in workloads]
        lines.append(f"| `{pair[0]}` / `{pair[1]}` | " + " | ".join(ratios) + " |")
    return "\n".join(lines)


def ratio_text(each: Comparison | Figure | None) -> str:
    return f"{each.ratio:.2f} ({each.low:.2f} to {each.high:.2f})" if each else ""


def line(figure: Figure) -> str:
    rate = f"{figure.units_per_second:,.0f}"
    times = f"{figure.p50_us / 1000:.2f}, {figure.p99_us / 1000:.2f}"
    failed = f" ({figure.failures} failures: {figure.first_failure})" if figure.failures else ""
    if figure.ratio is None:
        return f"| {figure.label}{failed} | | | {rate} | {times} | |"
    cost = f"{figure.cpu_us:.1f} ({figure.user_us:.1f} + {figure.kernel_us:.1f})"
    ratio = ratio_text(figure)
    if figure.candidate == figure.baseline:
        ratio = "1"
    elif figure.baseline != "nginx":
        ratio += f" x {figure.baseline}"
    return f"| {figure.label}{failed} | {cost} | {ratio} | {rate} | {times} | {figure.peak_memory_mib:.0f} |"
