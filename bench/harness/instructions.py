"""How many instructions a request takes in user mode, and how often it waits for memory: what a busy machine does not change.

valgrind's callgrind counts those of the whole process while a fixed number of requests passes, after a warm-up. It knows no
instructions for SHA-256, so hashes count for more than they cost; it says nothing of the kernel. Its caches are a model (sizes
below, no prefetching, nobody else in them): what it calls a miss is a line of 64 bytes that was not used lately.
"""

import re
import shutil
import socket
import subprocess
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import cycle
from pathlib import Path

from . import folders, identity, setup
from .candidate import Candidate
from .candidates import all_candidates
from .measure import start_upstreams
from .process import running
from .settings import RESULTS, WORK, Settings
from .setup import Missing, Tools, say
from .workloads import Workload

#: Callers, and how many requests each sends before and while instructions are counted. As many as in the measurements: all
#: are under way at once, and what one touches pushes out what the others will need.
CALLERS, WARM_UP, COUNTED = 64, 20, 20
#: Distinct tokens, all of which the warm-up sends.
TOKENS = 1000
#: First level for instructions, for data, and second level: bytes, ways, bytes of a line (AMD Zen 4).
CACHES = ["--cache-sim=yes", "--I1=32768,8,64", "--D1=32768,8,64", "--LL=1048576,8,64"]


def count(settings: Settings, tools: Tools, cardea: Path | None) -> int:
    """Prints a line for each candidate that was asked for and takes part, and keeps what callgrind has written."""
    if not setup.find("callgrind_control"):
        setup.install("valgrind")
    wanted = settings.count.split(",")
    candidates = [each for each in all_candidates(settings, tools, cardea) if each.name in wanted]
    if missing := set(wanted) - {each.name for each in candidates}:
        raise Missing(f"there is no candidate `{missing.pop()}` that takes part in one of these workloads")
    with ExitStack() as stack:
        start_upstreams(stack, settings, tools)
        if cardea and any(each.wants_tokens for each in candidates):
            identity.start(stack, settings, cardea)
        for each in candidates:
            workload = next(one for one in settings.workloads if each.takes(one))
            counted = counted_for(each, workload)
            print(f"{each.name:24} {workload.name:10} {counted.line(workload.unit)}", flush=True)
    return 0


@dataclass
class Counted:
    """Of one request or event: instructions; lines that were not in the first level, and of data not in the second either."""

    instructions: float
    code: float
    data: float
    data_second: float

    def line(self, unit: str) -> str:
        misses = f"{self.code:6,.0f} of code and {self.data:6,.0f} of data, {self.data_second:5,.0f} of data in the second level too"
        return f"{self.instructions:9,.0f} instructions of one {unit}; misses: {misses}"


def counted_for(candidate: Candidate, workload: Workload) -> Counted:
    RESULTS.mkdir(parents=True, exist_ok=True)
    written = RESULTS / f"{candidate.name}-{workload.name}.callgrind"
    shutil.rmtree(candidate.state or WORK / "none", ignore_errors=True)
    observed = ["valgrind", "--tool=callgrind", "--instr-atstart=no", *CACHES, f"--callgrind-out-file={written}"]
    started = replace(candidate, command=[*observed, *candidate.command])
    log = WORK / "run" / candidate.name / "output.log"
    process = running(started.name, started.command, started.cores, started.address, started.environment, log)
    with process as pid:
        load = Load(candidate, workload)
        load.send(WARM_UP)
        control(pid, "--instr=on")
        load.send(COUNTED)
        control(pid, "--dump")
    # What was counted stands in a dump of its own; what came after it is none of the requests'.
    dump = written.with_name(written.name + ".1")
    dump.replace(written)
    return per_unit(totals(written), COUNTED * CALLERS * (50 if workload.unit == "event" else 1))


def per_unit(events: dict[str, int], units: int) -> Counted:
    first = events["D1mr"] + events["D1mw"]
    second = events["DLmr"] + events["DLmw"]
    return Counted(*(each / units for each in (events["Ir"], events["I1mr"], first, second)))


def control(pid: int, what: str) -> None:
    subprocess.run(["callgrind_control", what, str(pid)], check=True, capture_output=True)


def totals(written: Path) -> dict[str, int]:
    """Callgrind's events by their names: `Ir` instructions, `D1mr` reads that missed the first level, and so on."""
    text = written.read_text()
    names = re.search(r"^events: (.*)", text, re.MULTILINE)
    found = re.search(r"^(?:totals|summary): ([\d ]+)", text, re.MULTILINE)
    if not names or not found:
        raise Missing(f"callgrind has written no total into {written}")
    return dict(zip(names[1].split(), map(int, found[1].split())))


class Load:
    """Callers that each wait for an answer before they ask again."""

    def __init__(self, candidate: Candidate, workload: Workload) -> None:
        host, port = candidate.address.split(":")
        self.callers = [socket.create_connection((host, int(port)), timeout=60) for _ in range(CALLERS)]
        tokens = identity.TOKEN_FILE.read_text().split()[:TOKENS] if workload.tokens else [""]
        self.messages = cycle([message(workload, key, token) for key, token in zip(cycle(folders.keys()), tokens)])

    def send(self, times: int) -> None:
        for _ in range(times):
            for caller in self.callers:
                caller.sendall(next(self.messages))
            for caller in self.callers:
                read_answer(caller)


def message(workload: Workload, key: str, token: str) -> bytes:
    path = f"/openai/deployments/{workload.deployment}/chat/completions?api-version=2024-10-21"
    start, end = b'{"messages":[{"role":"user","content":"', b'"}]}'
    body = start + b"x" * (workload.size - len(start) - len(end)) + end
    authorization = f"Authorization: Bearer {token}\r\n" if token else ""
    head = (
        f"POST {path} HTTP/1.1\r\nhost: gateway.example\r\ncontent-type: application/json\r\naccept: */*\r\nuser-agent: load/1\r\n"
        f"Ocp-Apim-Subscription-Key: {key}\r\n{authorization}content-length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def read_answer(caller: socket.socket) -> None:
    text = b""
    while b"\r\n\r\n" not in text:
        text += received(caller)
    head, _, body = text.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        raise Missing(f"an answer was not good: {head.decode(errors='replace')}")
    length = re.search(rb"content-length: (\d+)", head, re.IGNORECASE)
    while (len(body) < int(length[1])) if length else not body.endswith(b"0\r\n\r\n"):
        body += received(caller)


def received(caller: socket.socket) -> bytes:
    if piece := caller.recv(65_536):
        return piece
    raise Missing("a connection was closed before its answer was complete")
