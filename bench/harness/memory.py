"""What connections and streams hold: memory of a proxy before and while many are there, and whether all stay well."""

import json
import shutil
import subprocess
import time
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from . import folders, gateway
from .candidate import Candidate
from .measure import listed, start, start_upstreams
from .process import DidNotStart, peak_memory, proportional_memory, resident_memory, tree
from .settings import AUTHORITY, Settings
from .setup import Tools, say


@dataclass(frozen=True)
class Kind:
    name: str
    label: str
    #: What the holder does: `idle`, `streams` or `readers`.
    held: str
    count: int
    deployment: str = "gpt-4o"
    protocol: str = "http"
    #: Seconds from the moment that all are there to the look at the memory.
    rest: float = 0.5
    #: Whether the kernel's buffers are kept small, so that an answer does not fit into them.
    small_buffers: bool = False


KINDS = [
    Kind("idle", "idle connection, HTTP/1.1", "idle", 10_000),
    Kind("idle-tls", "idle connection, HTTP/1.1 over TLS", "idle", 10_000, protocol="tls"),
    Kind("idle-h2", "idle connection, HTTP/2 over TLS", "idle", 10_000, protocol="h2"),
    Kind("slow-stream", "stream with an event every 100 ms", "streams", 1_000, "slow", rest=1.5),
    Kind("slow-reader", "stream whose caller does not read", "readers", 1_000, "long", rest=1.5, small_buffers=True),
]

#: The example beside them: at rest, and with 64 connections that send without pause.
EXAMPLE = "example"

SMALL = {
    Path("/proc/sys/net/ipv4/tcp_wmem"): "4096 65536 131072",
    Path("/proc/sys/net/ipv4/tcp_rmem"): "4096 65536 131072",
    Path("/sys/class/net/lo/mtu"): "1500",
}

#: More would take long and say the same: memory moves little from round to round.
MOST_ROUNDS = 3


@dataclass
class Held:
    """What one candidate held once."""

    round: int
    kind: str
    candidate: str
    count: int
    #: Before, after some calls; with all of them; the most so far.
    rest_kib: int
    held_kib: int
    peak_kib: int
    #: How many of them have answered everything as they should.
    clean: int
    first_failure: str

    @property
    def each_kib(self) -> float:
        return (self.held_kib - self.rest_kib) / self.count


def all_held(settings: Settings, candidates: list[Candidate], cardea: Path | None, tools: Tools) -> list[Held]:
    """Every candidate is started anew for each look, alone with load and upstream."""
    found = []
    with ExitStack() as stack:
        start_upstreams(stack, settings, tools)
        for number in range(1, min(settings.rounds, MOST_ROUNDS) + 1):
            for kind in KINDS:
                mine = [each for each in candidates if each.tls == (kind.protocol != "http")]
                found += [held(settings, tools, kind, each, number) for each in mine]
                told = " ".join(f"{each.candidate}={each.each_kib:.1f}" for each in found[-len(mine) :])
                say(f"memory round {number}, KiB for each {kind.label}: {told}")
            if cardea:
                example = gateway.example(cardea)
                example.cores = settings.proxy_cores
                found.append(with_callers(settings, tools, example, number))
    return found


@contextmanager
def anew(candidate: Candidate):
    """A candidate that has been started for this and remembers nothing; gives its processes."""
    if candidate.state:
        shutil.rmtree(candidate.state, ignore_errors=True)
    with ExitStack() as stack:
        root = start(stack, candidate)
        time.sleep(1)
        yield tree(root)


def held(settings: Settings, tools: Tools, kind: Kind, candidate: Candidate, number: int) -> Held:
    with small_buffers(kind.small_buffers and settings.namespace is not None), anew(candidate) as pids:
        load(settings, tools, candidate, 0.5, protocol=kind.protocol)
        time.sleep(0.3)
        rest = proportional_memory(pids)
        now, told = with_all(command(tools, kind, candidate), kind, pids)
        failure = told["first_failure"]
        return Held(number, kind.name, candidate.name, kind.count, rest, now, peak_memory(pids), told["clean"], failure)


def with_all(command: list[str], kind: Kind, pids: list[int]) -> tuple[int, dict]:
    """The memory while all are there, and what became of them."""
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as holder:
        try:
            assert holder.stdin and holder.stdout
            holder.stdout.readline()
            time.sleep(kind.rest)
            now = proportional_memory(pids)
            holder.stdin.write("\n")
            holder.stdin.flush()
            told = holder.stdout.readline()
            holder.wait(timeout=60)
        finally:
            holder.kill()
    if not told:
        raise DidNotStart(f"`{' '.join(command)}` has ended with {holder.returncode}")
    return now, json.loads(told)


@contextmanager
def small_buffers(wanted: bool):
    """Segments of a network's size and 128 KB at most for each end of a connection, in the namespace of this run only.

    A segment of the loopback device (64 KB) fills such a buffer alone: connections would wait for timers of the kernel.
    """
    before = {each: each.read_text() for each in SMALL} if wanted else {}
    try:
        for each in before:
            each.write_text(SMALL[each])
        yield
    finally:
        for each, text in before.items():
            each.write_text(text)


def command(tools: Tools, kind: Kind, candidate: Candidate) -> list[str]:
    arguments = {
        "to": candidate.address,
        "keys": folders.key_file(),
        "deployment": kind.deployment,
        "kind": kind.held,
        "count": kind.count,
        "protocol": kind.protocol,
        "authority": AUTHORITY,
    }
    return [str(tools.programs / "hold"), *listed(arguments)]


def load(settings: Settings, tools: Tools, candidate: Candidate, seconds: float, **more) -> dict:
    """Callers without pause; what they have counted."""
    arguments = {
        "to": candidate.address,
        "keys": folders.key_file(),
        "deployment": "gpt-4o",
        "authority": AUTHORITY,
        "connections": settings.connections,
        "seconds": seconds,
        **more,
    }
    program = [str(tools.programs / "load"), *listed(arguments)]
    lines = subprocess.run(program, capture_output=True, text=True, timeout=60, check=True).stdout.splitlines()
    return json.loads(lines[-1])


def with_callers(settings: Settings, tools: Tools, candidate: Candidate, number: int) -> Held:
    """The example at rest, and the most that it took while callers asked for everything that it has."""
    with anew(candidate) as pids:
        rest = resident_memory(pids)
        key = {"keys": folders.demo_key_file(), "key-header": "api-key"}
        told = [
            load(settings, tools, candidate, 1.0, **key),
            load(settings, tools, candidate, 1.0, **key, size=32 * 1024),
            load(settings, tools, candidate, 1.0, **key, deployment="stream"),
        ]
        failed = sum(each["failures"] for each in told)
        first = next((each["first_failure"] for each in told if each["failures"]), "")
        count = settings.connections
        return Held(
            number, EXAMPLE, candidate.name, count, rest, resident_memory(pids), peak_memory(pids), count - failed, first
        )

