"""Starts: the time to the first answer, and the memory of a program that has answered once and then rests."""

import http.client
import os
import random
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from . import folders
from .candidate import Candidate
from .process import DidNotStart, refuse_if_taken, resident_memory, running, scheduled, seconds_between, stop, tail, tree
from .settings import UPSTREAM, WORK, Settings
from .setup import Tools, say

PATH = "/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21"
BODY = '{"model":"gpt-4o","messages":[{"role":"user","content":"Hello"}]}'

#: Seconds between two attempts to be answered, from the first answer to the look at the memory, and until giving up.
PAUSE, REST, PATIENCE = 0.0005, 1.0, 10.0


@dataclass
class Start:
    round: int
    candidate: str
    first_answer_ms: float
    #: CPU time until then: what a busy machine changes least.
    first_answer_cpu_ms: float
    rest_memory_kib: int


def all_starts(settings: Settings, candidates: list[Candidate], tools: Tools) -> list[Start]:
    """Every candidate once a round, in a new order each time; nothing else of the rig but the upstream runs."""
    os.sched_setaffinity(0, {int(settings.load_core)})
    order, found = random.Random(1), []
    upstream = [str(tools.programs / "upstream"), "--listen", UPSTREAM]
    with running("upstream", upstream, settings.load_core, UPSTREAM, {}, WORK / "run" / "upstream.log"):
        for number in range(1, settings.rounds + 1):
            found += [one(each, number) for each in order.sample(candidates, len(candidates))]
            times = " ".join(f"{each.candidate}={each.first_answer_ms:.1f}" for each in found[-len(candidates) :])
            say(f"start round {number}/{settings.rounds}, ms to the first answer: {times}")
    return found


def one(candidate: Candidate, number: int) -> Start:
    """A start without anything remembered of the last one."""
    refuse_if_taken(candidate.address)
    if candidate.state:
        shutil.rmtree(candidate.state, ignore_errors=True)
    log = WORK / "run" / candidate.name / "output.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.unlink(missing_ok=True)
    with log.open("ab") as output:
        command = ["taskset", "--cpu-list", candidate.cores, *candidate.command]
        begin = time.monotonic()
        process = subprocess.Popen(command, stdout=output, stderr=output, env=candidate.environment or None)
    try:
        wait_for_answer(candidate, process, log)
        elapsed, pids = time.monotonic() - begin, tree(process.pid)
        used = seconds_between({}, scheduled(pids))
        time.sleep(REST)
        return Start(number, candidate.name, elapsed * 1000, used * 1000, resident_memory(pids))
    finally:
        stop(process)


def wait_for_answer(candidate: Candidate, process: subprocess.Popen, log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while (seen := ask(candidate.address)) != "200":
        if process.poll() is not None or time.monotonic() > deadline:
            raise DidNotStart(f"{candidate.name} does not answer ({seen}):\n{tail(log)}")
        time.sleep(PAUSE)


def ask(address: str) -> str:
    """The status of a chat request through the proxy to the upstream, or why there is none."""
    connection = http.client.HTTPConnection(address, timeout=PATIENCE)
    headers = {"Content-Type": "application/json", "api-key": folders.demo_environment()["TEAM_B_KEY"]}
    try:
        connection.request("POST", PATH, BODY, headers)
        answer = connection.getresponse()
        answer.read()
        return str(answer.status)
    except OSError as problem:
        return str(problem)
    finally:
        connection.close()

