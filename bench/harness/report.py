"""The results for people: tables in Markdown."""

import platform
import subprocess
from dataclasses import asdict
from datetime import datetime, timezone
from pathlib import Path
from statistics import median

from . import results, targets
from .memory import EXAMPLE, KINDS
from .ratios import Comparison, Figure, Interval, comparisons, figures, ratio
from .results import Named, Results
from .settings import MAP_KEYS, ROOT, SUBSCRIPTIONS, TOKENS, Settings
from .setup import Tools
from .workloads import Workload


def conditions(settings: Settings, tools: Tools, cardea: Path | None) -> dict:
    libraries = {"LD_LIBRARY_PATH": str(tools.haproxy_libraries)}
    return {
        "command": " ".join(["bench/run", *map(relative, settings.arguments)]),
        "date": datetime.now(timezone.utc).isoformat(timespec="seconds"),
        "commit": output("git", "-C", str(ROOT), "describe", "--always", "--dirty"),
        "cardea": output(str(cardea), "--version") if cardea else "not measured",
        "processor": processor(),
        "kernel": platform.release(),
        "nginx": output(str(tools.nginx), "-v").removeprefix("nginx version: "),
        "haproxy": output(str(tools.haproxy), "-v", environment=libraries).partition(" - ")[0],
        "rustc": output("rustc", "--version"),
        "network": "namespace of its own" if settings.namespace else "loopback device of the host",
        "rounds": settings.rounds,
        "seconds": settings.seconds,
        "warm_up": settings.warm_up,
        "connections": settings.connections,
        "caller_keys": SUBSCRIPTIONS,
        "map_keys": MAP_KEYS,
        "caller_tokens": TOKENS,
        "access_logs": "on and in files for nginx, haproxy and Cardea; metrics on for Cardea; none for the minimal proxy",
        "load_average_before": load_average(),
    }


def relative(argument: str) -> str:
    """A path as it is seen from the repository: where that is on this machine says nothing."""
    path = Path(argument)
    if not path.is_absolute():
        return argument
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else path.name


def load_average() -> str:
    """Runnable processes of the last minute; other work on the machine shows here."""
    return Path("/proc/loadavg").read_text().split()[0]


def output(*command: str, environment: dict[str, str] | None = None) -> str:
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, env=environment)
    return (done.stdout + done.stderr).strip()


def processor() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return f"{len(names)} x {names[0]}" if names else platform.machine()


def write(found: Results) -> tuple[Path, str]:
    """Writes both files; gives the JSON's path and the Markdown."""
    tables = {
        "summary": {each.name: [asdict(one) for one in figures(found, each)] for each in found.workloads},
        "comparisons": {each.name: [asdict(one) for one in comparisons(found, each)] for each in found.workloads},
    }
    path, text = results.write(found, tables), whole(found)
    path.with_suffix(".md").write_text(text)
    return path, text


def whole(found: Results) -> str:
    """All tables."""
    parts = ["**What is required**\n\n" + targets.table(found)]
    for workload in found.workloads:
        parts += [table(found, workload), stream_table(found, workload), rate_table(found, workload)]
    parts += [beside_each_other(found), start_table(found), memory_table(found), condition_table(found.conditions)]
    return "\n\n".join(part for part in parts if part) + "\n"


def condition_table(about: dict) -> str:
    listed = "\n".join(f"| {name.replace('_', ' ')} | {value} |" for name, value in about.items())
    return "| condition | |\n|---|---|\n" + listed


def start_table(found: Results) -> str:
    """Medians, with the least and the most of all starts."""
    if not found.starts:
        return ""
    head = "| candidate | start to first answer, ms | CPU ms of it | resident at rest, MiB |"
    lines = ["**Start** (median, least to most)", "", head, "|---|---|---|---|"]
    for candidate in found.taking_part(found.starts):
        mine = [each for each in found.starts if each.candidate == candidate.name]
        times = spread([each.first_answer_ms for each in mine])
        used = spread([each.first_answer_cpu_ms for each in mine])
        sizes = spread([each.rest_memory_kib / 1024 for each in mine])
        lines.append(f"| {candidate.label} | {times} | {used} | {sizes} |")
    return "\n".join(lines)


def memory_table(found: Results) -> str:
    """Medians, with the least and the most of all looks."""
    if not found.held:
        return ""
    head = "| held at once | candidate | at rest, MiB | with all, MiB | each, KiB | clean |"
    lines = ["**Memory** (median, least to most)", "", head, "|---|---|---|---|---|---|"]
    for kind in KINDS:
        of_kind = [each for each in found.held if each.kind == kind.name]
        for candidate in found.taking_part(of_kind):
            mine = [each for each in of_kind if each.candidate == candidate.name]
            lines.append(f"| {kind.count:,}, {kind.label} | {memory_line(candidate, mine)} |")
    return "\n".join([*lines, *example_lines(found)])


def memory_line(candidate: Named, mine: list) -> str:
    failure = next((each.first_failure for each in mine if each.first_failure), "")
    cells = [
        candidate.label,
        f"{median(each.rest_kib for each in mine) / 1024:.1f}",
        f"{median(each.held_kib for each in mine) / 1024:.1f}",
        spread([each.each_kib for each in mine]),
        "all" if not failure else f"{sum(each.clean for each in mine):,} ({failure})",
    ]
    return " | ".join(cells)


def example_lines(found: Results) -> list[str]:
    mine = [each for each in found.held if each.kind == EXAMPLE]
    if not mine:
        return []
    at_rest, peak = (spread([value(each) / 1024 for each in mine]) for value in (lambda e: e.rest_kib, lambda e: e.peak_kib))
    text = f"Cardea with `examples/demo`: {at_rest} MiB resident at rest, {peak} MiB at the most with 64 connections that send 1 KB, 32 KB and ask for streams."
    return ["", text]


def spread(values: list[float]) -> str:
    return f"{median(values):.1f} ({min(values):.1f} to {max(values):.1f})"


def table(found: Results, workload: Workload) -> str:
    lines = figures(found, workload)
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


def stream_table(found: Results, workload: Workload) -> str:
    """Medians of the rounds; the sum of the gaps that were held back."""
    mine = [each for each in found.of(workload) if each.stream]
    if not mine:
        return ""
    head = "| candidate | first byte p50, p99 ms | first event p50, p99 ms | gap p50, p99, longest ms | gaps 35 to 45 ms too long |"
    lines = [head, "|---|---|---|---|---|"]
    for candidate in found.taking_part(mine):
        streams = [each.stream for each in mine if each.candidate == candidate.name]
        lines.append(f"| {candidate.label} | {stream_line(streams)} |")
    return "\n".join(lines)


def stream_line(streams: list[dict]) -> str:
    def ms(name: str) -> str:
        return f"{median(each[name] for each in streams) / 1000:.2f}"

    longest = max(each["gap_max_us"] for each in streams) / 1000
    held, gaps = sum(each["held_back"] for each in streams), sum(each["gaps"] for each in streams)
    cells = [
        f"{ms('first_byte_p50_us')}, {ms('first_byte_p99_us')}",
        f"{ms('first_event_p50_us')}, {ms('first_event_p99_us')}",
        f"{ms('gap_p50_us')}, {ms('gap_p99_us')}, {longest:.1f}",
        f"{held} of {gaps:,}",
    ]
    return " | ".join(cells)


def rate_table(found: Results, workload: Workload) -> str:
    """Latencies at a fixed rate, and their ratios within a round."""
    if not workload.rate:
        return ""
    mine = found.of(workload)
    head = "| candidate | p50, p90, p99, p99.9 us | p50 x nginx | p99 x nginx | p50 x floor | p99 x floor |"
    lines = [head, "|---|---|---|---|---|---|"]
    for each in figures(found, workload):
        times = ", ".join(f"{value:,.0f}" for value in (each.p50_us, each.p90_us, each.p99_us, each.p999_us))
        ratios = [
            ratio_text(ratio(each.candidate, other, mine, value)) if each.candidate != other else "1"
            for other in ("nginx", "floor")
            for value in (lambda s: s.p50_us, lambda s: s.p99_us)
        ]
        lines.append(f"| {each.label} | {times} | " + " | ".join(ratios) + " |")
    late = max((each.late_p99_us for each in figures(found, workload)), default=0)
    note = f"Latencies count from when a request was due. The load itself was at most {late:,.0f} us late with 99 of 100 requests."
    return "\n".join([*lines, "", note])


def beside_each_other(found: Results) -> str:
    """Costs of pairs, a column for each workload."""
    compared = {each.name: comparisons(found, each) for each in found.workloads}
    names = dict.fromkeys((each.candidate, each.other) for list_ in compared.values() for each in list_)
    if not names:
        return ""
    cells = {(w, each.candidate, each.other): each for w, list_ in compared.items() for each in list_}
    head = "| cost in the same round | " + " | ".join(each.name for each in found.workloads) + " |"
    lines = [head, "|---" * (len(found.workloads) + 1) + "|"]
    for pair in names:
        ratios = [compared_text(cells.get((each.name, *pair))) for each in found.workloads]
        lines.append(f"| `{pair[0]}` / `{pair[1]}` | " + " | ".join(ratios) + " |")
    return "\n".join(lines)


def compared_text(each: Comparison | None) -> str:
    return ratio_text(each.ratio) if each else ""


def ratio_text(each: Interval | None) -> str:
    return f"{each.middle:.2f} ({each.low:.2f} to {each.high:.2f})" if each else ""


def line(figure: Figure) -> str:
    rate = f"{figure.units_per_second:,.0f}"
    times = f"{figure.p50_us / 1000:.2f}, {figure.p99_us / 1000:.2f}"
    failed = f" ({figure.failures} failures: {figure.first_failure})" if figure.failures else ""
    if figure.ratio is None:
        return f"| {figure.label}{failed} | | | {rate} | {times} | |"
    cost = f"{figure.cpu_us:.1f} ({figure.user_us:.1f} + {figure.kernel_us:.1f})"
    text = ratio_text(figure.ratio)
    if figure.candidate == figure.baseline:
        text = "1"
    elif figure.baseline != "nginx":
        text += f" x {figure.baseline}"
    return f"| {figure.label}{failed} | {cost} | {text} | {rate} | {times} | {figure.peak_memory_mib:.0f} |"
