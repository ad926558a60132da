"""The command."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

from . import flame, instructions, render, report, setup, train
from .candidates import all_candidates, memory_candidates, start_candidates
from .measure import all_rounds
from .memory import all_held
from .process import DidNotStart
from .results import Named, Results
from .settings import BENCH, Settings, parse
from .setup import Missing, say
from .starts import all_starts


def main(arguments: list[str]) -> int:
    settings = parse(arguments)
    # Asked to end, it ends what it has started, as after Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        if settings.render:
            return render.page(Path(settings.render))
        if (os.cpu_count() or 1) < 2:
            raise Missing("two cores are needed: one for the proxy, one for load and upstream")
        return inside(settings) if settings.namespace else outside(settings)
    except (Missing, DidNotStart) as problem:
        say(f"error: {problem}")
    except subprocess.CalledProcessError as problem:
        say(f"error: `{' '.join(map(str, problem.cmd))}` ended with {problem.returncode}")
    except KeyboardInterrupt:
        say("interrupted")
    return 2


def outside(settings: Settings) -> int:
    """Builds everything, then runs the same command in a network namespace."""
    setup.tools()
    setup.programs()
    program = setup.cardea(settings)
    with setup.namespace() as entered:
        if entered is None:
            return measured(settings, program)
        prefix, name = entered
        command = [*prefix, sys.executable, str(BENCH / "run"), *settings.arguments, "--in-namespace", name]
        if program and not settings.cardea:
            command += ["--cardea", str(program)]
        return ended(subprocess.Popen(command))


def ended(process: subprocess.Popen) -> int:
    """Waits; an interruption is passed on, so that nothing is left running."""
    try:
        return process.wait()
    except KeyboardInterrupt:
        process.terminate()
        process.wait(timeout=60)
        raise


def inside(settings: Settings) -> int:
    return measured(settings, setup.cardea(settings) if settings.cardea else None)


def measured(settings: Settings, cardea: Path | None) -> int:
    tools = setup.tools()
    setup.many_files()
    if not cardea and any(each.tokens for each in settings.workloads):
        say("note: tokens are made by `cardea`, so workloads with tokens are left out")
        settings = replace(settings, workloads=[each for each in settings.workloads if not each.tokens])
    if settings.flame:
        return flame.draw(settings, tools, cardea)
    if settings.train:
        return train.keep_busy(settings, tools, cardea)
    if settings.count:
        return instructions.count(settings, tools, cardea)
    found = found_by(settings, tools, cardea)
    path, text = report.write(found)
    print(text)
    say(f"samples: {path}")
    if found.failures:
        say(f"error: {found.failures} calls failed, so these figures mean nothing")
    return 1 if found.failures else 0


def found_by(settings: Settings, tools: setup.Tools, cardea: Path | None) -> Results:
    """Candidates are made right before they are measured: those of one name have other settings from part to part."""
    about, begin = report.conditions(settings, tools, cardea), time.monotonic()
    starters = start_candidates(settings, tools, cardea) if settings.starts else []
    starts = all_starts(settings, starters, tools) if starters else []
    candidates = all_candidates(settings, tools, cardea) if settings.workloads else []
    samples = all_rounds(settings, candidates, tools, cardea) if candidates else []
    holders = memory_candidates(settings, tools, cardea) if settings.memory else []
    held = all_held(settings, holders, cardea, tools) if holders else []
    about["load_average_after"] = report.load_average()
    about["minutes"] = round((time.monotonic() - begin) / 60, 1)
    everybody = {each.name: Named(each.name, each.label, each.baseline) for each in candidates + starters + holders}
    return Results(about, list(everybody.values()), samples, starts, held)
