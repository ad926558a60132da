"""Rounds: every candidate once, in a new order each time, each alone."""

import json
import os
import random
import subprocess
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

from . import folders, identity
from .candidates import Candidate
from .process import cpu_seconds, peak_memory, running, tree
from .settings import PROVIDER_KEY, STRICT_UPSTREAM, TOKEN_UPSTREAM, UPSTREAM, WORK, Settings, Workload
from .setup import say


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
    p99_us: int
    peak_memory_kib: int

    @property
    def cpu_us(self) -> float:
        """CPU time of the proxy for one unit, in microseconds."""
        return self.user_us + self.kernel_us


def all_rounds(settings: Settings, candidates: list[Candidate], programs: Path, cardea: Path | None) -> list[Sample]:
    os.sched_setaffinity(0, {int(settings.load_core)})
    keys = folders.key_file()
    with ExitStack() as stack:
        start_upstreams(stack, settings, programs)
        if cardea and any(each.tokens for each in settings.workloads):
            identity.start(stack, settings, cardea)
        pids = {each.name: start(stack, each) for each in candidates if each.command}
        order, samples = random.Random(1), []
        for workload in settings.workloads:
            taking = [each for each in candidates if each.takes(workload)]
            for number in range(1, settings.rounds + 1):
                for candidate in order.sample(taking, len(taking)):
                    load = load_command(settings, programs, workload, candidate, keys)
                    sample = measure(load, workload, candidate, pids.get(candidate.name), number)
                    samples.append(sample)
                say_round(workload, number, settings.rounds, samples[-len(taking) :])
        return samples


def start_upstreams(stack: ExitStack, settings: Settings, programs: Path) -> None:
    kinds = [
        (UPSTREAM, []),
        (STRICT_UPSTREAM, ["--provider-key", PROVIDER_KEY]),
        (TOKEN_UPSTREAM, ["--token-claims", identity.claims_prefix()]),
    ]
    for address, extra in kinds:
        command = [str(programs / "upstream"), "--listen", address, *extra]
        log = WORK / "run" / f"upstream-{address.rpartition(':')[2]}.log"
        stack.enter_context(running("upstream", command, settings.load_core, address, {}, log))


def start(stack: ExitStack, each: Candidate) -> int:
    log = WORK / "run" / each.name / "output.log"
    return stack.enter_context(running(each.name, each.command, each.cores, each.address, each.environment, log))


def load_command(
    settings: Settings, programs: Path, workload: Workload, candidate: Candidate, keys: Path
) -> list[str]:
    arguments = {
        "to": candidate.address,
        "keys": keys,
        "deployment": workload.deployment,
        "size": workload.size,
        "connections": settings.connections,
        "warm-up": settings.warm_up,
        "seconds": settings.seconds,
    }
    if workload.tokens:
        arguments["tokens"] = identity.TOKEN_FILE
    given = [text for name, value in arguments.items() for text in (f"--{name}", str(value))]
    return [str(programs / "load"), *given]


def measure(load: list[str], workload: Workload, candidate: Candidate, root: int | None, number: int) -> Sample:
    pids = tree(root) if root else []
    with subprocess.Popen(load, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            process.stdout.readline()
            before = cpu_seconds(pids)
            counted = json.loads(process.stdout.readline())
            after = cpu_seconds(pids)
            process.wait(timeout=30)
        finally:
            process.kill()
    for log in candidate.logs:
        if log.exists():
            os.truncate(log, 0)
    units = max(1, counted["units"])
    user, kernel = ((end - begin) * 1e6 / units for begin, end in zip(before, after))
    return Sample(
        round=number,
        workload=workload.name,
        candidate=candidate.name,
        user_us=user,
        kernel_us=kernel,
        peak_memory_kib=peak_memory(pids),
        **counted,
    )


def say_round(workload: Workload, number: int, rounds: int, samples: list[Sample]) -> None:
    costs = " ".join(f"{each.candidate}={each.cpu_us:.1f}" for each in sorted(samples, key=lambda s: s.candidate))
    say(f"{workload.name} round {number}/{rounds}, CPU us per {workload.unit}: {costs}")


def as_records(samples: list[Sample]) -> list[dict]:
    return [{**asdict(sample), "cpu_us": sample.cpu_us} for sample in samples]
