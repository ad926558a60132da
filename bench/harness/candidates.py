"""What is compared: how each candidate is started, and with which one it is compared."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from . import folders, nginx
from .settings import STRICT_UPSTREAM, UPSTREAM, WORK, Settings


@dataclass
class Candidate:
    name: str
    label: str
    address: str
    #: Empty for the upstream itself.
    command: list[str]
    #: The candidate whose cost in the same round is 1; itself for a baseline.
    baseline: str = "nginx"
    cores: str = ""
    environment: dict[str, str] = field(default_factory=dict)
    #: Logs that are emptied between measurements.
    logs: list[Path] = field(default_factory=list)


def all_candidates(settings: Settings, nginx_program: Path, programs: Path, cardea: Path | None) -> list[Candidate]:
    one, both = settings.proxy_cores, f"{settings.proxy_cores},{settings.load_core}"
    floor = str(programs / "floor")
    listed = [
        Candidate("direct", "no proxy", UPSTREAM, []),
        nginx_candidate("nginx", "nginx, keep-alive to the upstream", nginx_program, 18101, workers=1),
        nginx_candidate("nginx-key", "nginx, map of 10,000 keys, header replaced", nginx_program, 18102, keys=True),
        floor_candidate("floor", "hyper, one current-thread runtime", floor, 18103, "current-thread", 1),
        floor_candidate("floor-shared", "hyper, one multi-thread runtime, 1 worker", floor, 18104, "multi-thread", 1),
    ]
    if cardea:
        listed += cardea_candidates(cardea)
    for candidate in listed:
        candidate.cores = one
    pairs = [
        nginx_candidate("nginx-2", "nginx, 2 workers", nginx_program, 18111, workers=2),
        floor_candidate("floor-2", "hyper, 2 current-thread runtimes", floor, 18113, "current-thread", 2),
        floor_candidate("floor-shared-2", "hyper, one multi-thread runtime, 2 workers", floor, 18114, "multi-thread", 2),
    ]
    for candidate in pairs:
        candidate.cores, candidate.baseline = both, "nginx-2"
    return chosen(listed + pairs, settings.only)


def chosen(listed: list[Candidate], only: list[str]) -> list[Candidate]:
    if not only:
        return listed
    wanted = set(only) | {each.baseline for each in listed if each.name in only}
    return [each for each in listed if each.name in wanted]


def nginx_candidate(name: str, label: str, program: Path, port: int, workers: int = 1, keys: bool = False) -> Candidate:
    address = f"127.0.0.1:{port}"
    upstream = STRICT_UPSTREAM if keys else UPSTREAM
    prefix = WORK / "run" / name
    log = nginx.write(prefix, address, upstream, workers, folders.map_keys() if keys else [])
    command = [str(program), "-p", str(prefix), "-c", "nginx.conf", "-e", "error.log"]
    return Candidate(name, label, address, command, logs=[log])


def floor_candidate(name: str, label: str, program: str, port: int, runtime: str, threads: int) -> Candidate:
    address = f"127.0.0.1:{port}"
    command = [program, "--listen", address, "--upstream", UPSTREAM, "--runtime", runtime, "--threads", str(threads)]
    return Candidate(name, label, address, command)


def cardea_candidates(program: Path) -> list[Candidate]:
    listed = [
        ("cardea", "Cardea, pass-through", "pass-through", 18121, {}),
        ("cardea-key", "Cardea, key and header replaced", "key-and-header", 18122, {}),
        ("cardea-shared", "Cardea, pass-through, shared runtime", "pass-through", 18123, {"kind": "shared"}),
    ]
    return [cardea_candidate(program, *each) for each in listed]


def cardea_candidate(program: Path, name: str, label: str, folder: str, port: int, runtime: dict) -> Candidate:
    address = f"127.0.0.1:{port}"
    prefix = WORK / "run" / name
    prefix.mkdir(parents=True, exist_ok=True)
    log, settings = prefix / "access.log", prefix / "cardea.toml"
    settings.write_text(cardea_settings(address, f"127.0.0.1:{port + 100}", log, prefix / "state", runtime))
    command = [str(program), "serve", "--artifacts", str(folders.folder(folder)), "--settings", str(settings)]
    return Candidate(name, label, address, command, environment={**os.environ, **folders.environment()}, logs=[log])


def cardea_settings(address: str, admin: str, log: Path, state: Path, runtime: dict) -> str:
    return "\n".join(
        [
            f'listen = "{address}"',
            f'admin = "{admin}"',
            f'access-log = "{log}"',
            f'state-dir = "{state}"',
            "[runtime]",
            "threads = 1",
            *[f'{name} = "{value}"' for name, value in runtime.items()],
            "",
        ]
    )
