"""Rounds: every candidate once, in a new order each time, each alone."""

import json
import os
import random
import subprocess
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from . import folders, identity
from .candidate import Candidate
from .process import DidNotStart, cpu_seconds, peak_memory, running, scheduled, seconds_between, tree
from .settings import AUTHORITY, PROVIDER_KEY, STRICT_UPSTREAM, TOKEN_UPSTREAM, UPSTREAM, WORK, Settings
from .setup import Tools, say
from .workloads import Workload


@dataclass
class Sample:
    """One measurement of one candidate."""

    round: int
    workload: str
    candidate: str
    requests: int
    #: Requests, or events of streams.
    units: int
    #: Requests whose token was new to this measurement: no more than these can miss a cache.
    first_uses: int
    failures: int
    first_failure: str
    seconds: float
    user_us: float
    kernel_us: float
    p50_us: int
    p90_us: int
    p99_us: int
    p999_us: int
    #: How late the load itself was with one of a hundred requests at a fixed rate.
    late_p99_us: int
    peak_memory_kib: int
    #: Times of streams: first byte, first event, gaps between events.
    stream: dict | None = None

    @property
    def cpu_us(self) -> float:
        """CPU time of the proxy for one unit, in microseconds."""
        return self.user_us + self.kernel_us


def all_rounds(settings: Settings, candidates: list[Candidate], tools: Tools, cardea: Path | None) -> list[Sample]:
    os.sched_setaffinity(0, {int(settings.load_core)})
    with ExitStack() as stack:
        start_upstreams(stack, settings, tools)
        if cardea and any(each.tokens for each in settings.workloads):
            identity.start(stack, settings, cardea)
        pids = {each.name: start(stack, each) for each in candidates if each.command}
        order, samples = random.Random(1), []
        for workload in settings.workloads:
            taking = taking_part(settings, candidates, workload)
            for number in range(1, settings.rounds + 1):
                for candidate in order.sample(taking, len(taking)):
                    load = load_command(settings, tools, workload, candidate)
                    sample = measure(load, workload, candidate, pids.get(candidate.name), number)
                    samples.append(sample)
                say_round(workload, number, settings.rounds, samples[-len(taking) :])
        return samples


def taking_part(settings: Settings, candidates: list[Candidate], workload: Workload) -> list[Candidate]:
    return [each for each in candidates if each.takes(workload) and settings.takes(workload, each.name)]


def start_upstreams(stack: ExitStack, settings: Settings, tools: Tools) -> None:
    kinds = [
        (UPSTREAM, []),
        (STRICT_UPSTREAM, ["--provider-key", PROVIDER_KEY]),
        (TOKEN_UPSTREAM, ["--token-claims", identity.claims_prefix()]),
    ]
    for address, extra in kinds:
        command = [str(tools.programs / "upstream"), "--listen", address, *extra]
        log = WORK / "run" / f"upstream-{address.rpartition(':')[2]}.log"
        stack.enter_context(running("upstream", command, settings.load_core, address, {}, log))


def start(stack: ExitStack, each: Candidate) -> int:
    log = WORK / "run" / each.name / "output.log"
    return stack.enter_context(running(each.name, each.command, each.cores, each.address, each.environment, log))


def load_command(settings: Settings, tools: Tools, workload: Workload, candidate: Candidate) -> list[str]:
    arguments = {
        "to": candidate.address,
        "keys": folders.key_file(),
        "deployment": workload.deployment,
        "size": workload.size,
        "connections": settings.connections // workload.streams,
        "warm-up": settings.warm_up,
        "seconds": settings.seconds * workload.longer,
    }
    if workload.tokens:
        arguments["tokens"] = identity.TOKEN_FILE
    if workload.rate:
        arguments["rate"] = workload.rate
    if workload.protocol != "http":
        arguments |= {"protocol": workload.protocol, "authority": AUTHORITY, "streams": workload.streams}
    if workload.fresh:
        arguments["fresh"] = "yes"
    return [str(tools.programs / "load"), *listed(arguments)]


def listed(arguments: dict) -> list[str]:
    return [text for name, value in arguments.items() for text in (f"--{name}", str(value))]


def measure(load: list[str], workload: Workload, candidate: Candidate, root: int | None, number: int) -> Sample:
    pids = tree(root) if root else []
    with subprocess.Popen(load, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            process.stdout.readline()
            ticks_before, before = cpu_seconds(pids), scheduled(pids)
            process.stdout.readline()
            after, ticks_after = scheduled(pids), cpu_seconds(pids)
            counted = json.loads(process.stdout.readline() or "{}")
            process.wait(timeout=30)
        finally:
            process.kill()
    if not counted:
        raise DidNotStart(f"the load of {candidate.name} has ended with {process.returncode}")
    for log in candidate.logs:
        if log.exists():
            os.truncate(log, 0)
    units = max(1, counted["units"])
    whole = seconds_between(before, after) * 1e6 / units
    user, kernel = (end - begin for begin, end in zip(ticks_before, ticks_after))
    share = user / (user + kernel) if user + kernel else 0
    return Sample(
        round=number,
        workload=workload.name,
        candidate=candidate.name,
        user_us=whole * share,
        kernel_us=whole * (1 - share),
        peak_memory_kib=peak_memory(pids),
        **counted,
    )


def say_round(workload: Workload, number: int, rounds: int, samples: list[Sample]) -> None:
    costs = " ".join(f"{each.candidate}={each.cpu_us:.1f}" for each in sorted(samples, key=lambda s: s.candidate))
    say(f"{workload.name} round {number}/{rounds}, CPU us per {workload.unit}: {costs}")

