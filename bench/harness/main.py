"""The command."""

import os
import signal
import subprocess
import sys
from dataclasses import replace

from . import report, setup
from .candidates import all_candidates, start_candidates
from .measure import all_rounds
from .process import DidNotStart
from .settings import BENCH, Settings, parse
from .setup import Missing, say
from .starts import all_starts


def main(arguments: list[str]) -> int:
    settings = parse(arguments)
    # Asked to end, it ends what it has started, as after Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
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


def measured(settings: Settings, cardea) -> int:
    nginx, programs = setup.tools(), setup.WORK / "release"
    if not cardea and any(each.tokens for each in settings.workloads):
        say("note: tokens are made by `cardea`, so workloads with tokens are left out")
        settings = replace(settings, workloads=[each for each in settings.workloads if not each.tokens])
    about = report.conditions(settings, nginx)
    starters = start_candidates(settings, nginx, programs, cardea) if settings.starts else []
    starts = all_starts(settings, starters, programs) if starters else []
    candidates = all_candidates(settings, nginx, programs, cardea) if settings.workloads else []
    samples = all_rounds(settings, candidates, programs, cardea) if candidates else []
    found = report.Found(starters, starts, candidates, samples)
    path, text, failures = report.write(settings, found, about)
    print(text)
    say(f"samples: {path}")
    if failures:
        say(f"error: {failures} calls failed, so these figures mean nothing")
    return 1 if failures else 0
