"""Processes that are started, watched and stopped, each by its own id."""

import os
import socket
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")


class DidNotStart(Exception):
    """A process ended, or did not listen in time."""


@contextmanager
def running(name: str, command: list[str], cores: str, address: str, environment: dict[str, str], log: Path):
    """A process on its cores, from the moment it accepts connections until the end of the block."""
    refuse_if_taken(address)
    log.parent.mkdir(parents=True, exist_ok=True)
    log.unlink(missing_ok=True)
    # For appending: what is emptied while it is written to begins anew.
    with log.open("ab") as output:
        pinned = ["taskset", "--cpu-list", cores, *command]
        process = subprocess.Popen(pinned, stdout=output, stderr=output, env=environment or None)
    try:
        wait_until_listening(name, process, address, log)
        yield process.pid
    finally:
        stop(process)


def stop(process: subprocess.Popen) -> None:
    process.terminate()
    try:
        process.wait(timeout=10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def listens(address: str) -> bool:
    host, port = address.split(":")
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((host, int(port))) == 0


def refuse_if_taken(address: str) -> None:
    if listens(address):
        raise DidNotStart(f"something else listens on {address} already")


def wait_until_listening(name: str, process: subprocess.Popen, address: str, log: Path) -> None:
    deadline = time.monotonic() + 30
    while not listens(address):
        if process.poll() is not None:
            raise DidNotStart(f"{name} has ended with {process.returncode}:\n{tail(log)}")
        if time.monotonic() > deadline:
            raise DidNotStart(f"{name} does not listen on {address} after 30 s:\n{tail(log)}")
        time.sleep(0.05)


def tail(log: Path) -> str:
    return log.read_text(errors="replace")[-2000:]


def tree(root: int) -> list[int]:
    """A process and everything that it has started."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := stat(int(entry.name))):
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    found, todo = [], [root]
    while todo:
        found.append(todo.pop())
        todo += children.get(found[-1], [])
    return found


def stat(pid: int) -> list[str] | None:
    """The fields of /proc/<pid>/stat behind the name: state, parent, ..."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None


def cpu_seconds(pids: list[int]) -> tuple[float, float]:
    """User and kernel time of processes, in seconds."""
    user = kernel = 0
    for pid in pids:
        if fields := stat(pid):
            user += int(fields[11])
            kernel += int(fields[12])
    return user / TICKS_PER_SECOND, kernel / TICKS_PER_SECOND


def scheduled(pids: list[int]) -> dict[int, int]:
    """Nanoseconds that each thread of processes has run, as the scheduler counts them; ticks are 10 ms."""
    found = {}
    for pid in pids:
        for task in Path(f"/proc/{pid}/task").glob("*/schedstat"):
            try:
                found[int(task.parent.name)] = int(task.read_text().split()[0])
            except (FileNotFoundError, ProcessLookupError):
                continue
    return found


def seconds_between(before: dict[int, int], after: dict[int, int]) -> float:
    """What threads have run meanwhile; one that has ended is not among them."""
    return sum(time - before.get(task, 0) for task, time in after.items()) / 1e9


def proportional_memory(pids: list[int]) -> int:
    """The sum of the sizes of processes in KiB, in which a page that several share counts for each in part (PSS)."""
    total = 0
    for pid in pids:
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        total += sum(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total


def peak_memory(pids: list[int]) -> int:
    """The sum of the largest resident sizes of processes so far, in KiB."""
    return memory(pids, "VmHWM:")


def resident_memory(pids: list[int]) -> int:
    """The sum of the resident sizes of processes, in KiB; pages that they share count for each."""
    return memory(pids, "VmRSS:")


def memory(pids: list[int], field: str) -> int:
    total = 0
    for pid in pids:
        try:
            lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        except (FileNotFoundError, ProcessLookupError):
            continue
        total += sum(int(line.split()[1]) for line in lines if line.startswith(field))
    return total
