"""Where the time of a candidate goes: `perf` while it is under load, folded stacks, and a flame graph of them."""

import re
import subprocess
import time
from collections import Counter
from contextlib import ExitStack
from html import escape
from pathlib import Path

from . import identity, setup
from .candidates import all_candidates
from .measure import load_command, start, start_upstreams
from .process import tree
from .settings import RESULTS, WORK, Settings
from .setup import Missing, Tools, run, say

#: Samples a second, and bytes of stack that each keeps: enough for the depth of asynchronous code.
FREQUENCY, STACK = 499, 32_768

WIDTH, ROW, TOP = 1600, 16, 30


def draw(settings: Settings, tools: Tools, cardea: Path | None) -> int:
    """Writes `<candidate>-<workload>.folded` and `.svg` beside the results."""
    perf = setup.find("perf") or installed()
    candidates = {each.name: each for each in all_candidates(settings, tools, cardea)}
    workload = next((each for each in settings.workloads if settings.flame in candidates and candidates[settings.flame].takes(each)), None)
    if not workload or not candidates[settings.flame].command:
        raise Missing(f"there is no candidate `{settings.flame}` that takes part in one of these workloads")
    candidate = candidates[settings.flame]
    data = WORK / "perf.data"
    with ExitStack() as stack:
        start_upstreams(stack, settings, tools)
        if workload.tokens and cardea:
            identity.start(stack, settings, cardea)
        pids = ",".join(map(str, tree(start(stack, candidate))))
        load = subprocess.Popen(load_command(settings, tools, workload, candidate), stdout=subprocess.DEVNULL)
        time.sleep(settings.warm_up)
        graph = ["--call-graph", f"dwarf,{STACK}", "-F", str(FREQUENCY), "-o", str(data)]
        run(str(perf), "record", "--quiet", "-p", pids, *graph, "sleep", str(settings.seconds * workload.longer))
        load.wait(timeout=60)
    told = subprocess.run([perf, "script", "--no-inline", "-i", data], capture_output=True, text=True, check=True)
    folded = fold(told.stdout)
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / f"{candidate.name}-{workload.name}.folded"
    path.write_text("".join(f"{';'.join(frames)} {count}\n" for frames, count in sorted(folded.items())))
    path.with_suffix(".svg").write_text(svg(f"{candidate.label}: {workload.label}", folded))
    say(f"written: {path} and {path.with_suffix('.svg').name}")
    return 0


def installed() -> Path:
    setup.install("linux-perf")
    if found := setup.find("perf"):
        return found
    raise Missing("`perf` is not there: install the package linux-perf")


def fold(told: str) -> Counter[tuple[str, ...]]:
    """Stacks, outermost frame first, and how often each was seen; from what `perf script` writes."""
    found: Counter[tuple[str, ...]] = Counter()
    for sample in told.split("\n\n"):
        lines = sample.strip().splitlines()[1:]
        frames = [frame(line) for line in lines if line.strip()]
        if frames:
            found[tuple(reversed(frames))] += 1
    return found


def frame(line: str) -> str:
    """The function of a line such as `  55d0 tokio::park::h0123456789abcdef+0x12 (/usr/bin/x)`."""
    name = line.strip().partition(" ")[2].rpartition(" (")[0]
    return re.sub(r"(::h[0-9a-f]{16})?(\+0x[0-9a-f]+)?$", "", name).replace(";", ":") or "?"


def svg(title: str, folded: Counter[tuple[str, ...]]) -> str:
    total = sum(folded.values())
    boxes = list(laid_out(sorted(folded.items()), 0, 0, total))
    depth = max((each[0] for each in boxes), default=0) + 1
    height = TOP + depth * ROW + 8
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" viewBox="0 0 {WIDTH} {height}">',
        "<style>text { font: 11px monospace } rect { stroke: #fff; stroke-width: 0.5 }</style>",
        f'<text x="8" y="18">{escape(title)}: {total} samples; a box says its share when pointed at</text>',
    ]
    parts += [box(*each, total, height) for each in boxes]
    return "\n".join([*parts, "</svg>"]) + "\n"


def laid_out(stacks: list[tuple[tuple[str, ...], int]], depth: int, begin: int, total: int):
    """Boxes as depth, begin, count and name; those narrower than half a pixel are left out."""
    at = begin
    while stacks:
        name = stacks[0][0][depth] if len(stacks[0][0]) > depth else None
        mine = [each for each in stacks if (each[0][depth] if len(each[0]) > depth else None) == name]
        stacks = stacks[len(mine) :]
        count = sum(each[1] for each in mine)
        if name is not None and count * WIDTH >= total / 2:
            yield depth, at, count, name
            yield from laid_out(mine, depth + 1, at, total)
        at += count


def box(depth: int, begin: int, count: int, name: str, total: int, height: int) -> str:
    x, width = begin * WIDTH / total, count * WIDTH / total
    y = height - (depth + 1) * ROW - 4
    color = f"hsl({10 + sum(map(ord, name)) % 45} 85% {68 + len(name) % 12}%)"
    shown = name[: int(width / 6.7)] if width > 30 else ""
    return (
        f'<g><title>{escape(name)}: {count / total:.1%}</title><rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="{ROW - 1}" fill="{color}"/>'
        f'<text x="{x + 3:.1f}" y="{y + 11}">{escape(shown)}</text></g>'
    )
