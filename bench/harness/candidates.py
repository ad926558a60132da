"""What is compared: how each candidate is started, and with which one it is compared."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from . import folders, identity, nginx
from .settings import MACHINE, STRICT_UPSTREAM, UPSTREAM, WORK, Settings, Workload

CARDEA = """\
[listen]
address = "{address}"
[admin]
address = "127.0.0.1:{admin_port}"
[runtime]
kind = "{runtime}"
[log]
access = "{log}"
[state]
dir = "{state}"
"""

#: Whom to trust, and who gives the gateway its own token.
IDENTITY = f"""\
[outbound]
extra-roots = ["{identity.CA_FILE}"]
[identity]
imds = "http://{MACHINE}"
"""

NOTHING_REMEMBERED = """\
[tokens]
verified = 0
"""


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
    #: What it has written down for its next start, if it does.
    state: Path | None = None
    #: Whether it refuses requests without a token, so that other workloads leave it out.
    wants_tokens: bool = False

    def takes(self, workload: Workload) -> bool:
        return workload.tokens or not self.wants_tokens


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
    if cardea:
        pairs += cardea_pairs(cardea)
    for candidate in pairs:
        candidate.cores, candidate.baseline = both, "nginx-2"
    usable = [each for each in listed + pairs if any(each.takes(workload) for workload in settings.workloads)]
    return chosen(usable, settings.only)


def start_candidates(settings: Settings, nginx_program: Path, programs: Path, cardea: Path | None) -> list[Candidate]:
    """Those whose start is measured; the gateway with the folder that the first steps show."""
    floor = str(programs / "floor")
    listed = [
        nginx_candidate("nginx", "nginx, keep-alive to the upstream", nginx_program, 18101, workers=1),
        floor_candidate("floor", "hyper, one current-thread runtime", floor, 18103, "current-thread", 1),
    ]
    if cardea:
        listed.append(cardea_candidate(cardea, "cardea-demo", "Cardea, `examples/demo`", 18127, "demo"))
    for candidate in listed:
        candidate.cores = settings.proxy_cores
    return chosen(listed, settings.only)


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
    return [
        cardea_candidate(program, "cardea", "Cardea, pass-through", 18121),
        cardea_candidate(program, "cardea-key", "Cardea, key and header replaced", 18122, "key-and-header"),
        cardea_candidate(program, "cardea-shared", "Cardea, pass-through, shared runtime", 18123, runtime="shared"),
        *token_candidates(program),
    ]


def token_candidates(program: Path) -> list[Candidate]:
    """The default remembers 10,000 verified tokens; a gateway that remembers none shows what verifying costs."""
    listed = [
        ("cardea-token", "Cardea, key and token", 18124, "key-and-token", ""),
        ("cardea-token-anew", "the same, each token verified anew", 18125, "key-and-token", NOTHING_REMEMBERED),
        ("cardea-three-layers", "Cardea, key, token, own identity", 18126, "three-layers", ""),
    ]
    made = [
        cardea_candidate(program, name, label, port, folder, more=IDENTITY + more)
        for name, label, port, folder, more in listed
    ]
    for candidate in made:
        candidate.wants_tokens = True
    return made


def cardea_pairs(program: Path) -> list[Candidate]:
    return [
        cardea_candidate(program, "cardea-2", "Cardea, pass-through, 2 threads", 18131),
        cardea_candidate(program, "cardea-shared-2", "Cardea, shared runtime, 2 threads", 18132, runtime="shared"),
    ]


def cardea_candidate(
    program: Path,
    name: str,
    label: str,
    port: int,
    folder: str = "pass-through",
    runtime: str = "per-core",
    more: str = "",
) -> Candidate:
    """Shipped settings but for addresses, places and `more`; it takes as many threads as it is given cores."""
    prefix = WORK / "run" / name
    prefix.mkdir(parents=True, exist_ok=True)
    address, log, settings = f"127.0.0.1:{port}", prefix / "access.log", prefix / "cardea.toml"
    text = CARDEA.format(address=address, admin_port=port + 100, runtime=runtime, log=log, state=prefix / "state")
    settings.write_text(text + more)
    artifacts = folders.demo() if folder == "demo" else folders.folder(folder)
    environment = {**os.environ, **folders.environment()}
    command = [str(program), "serve", "--artifacts", str(artifacts), "--settings", str(settings)]
    return Candidate(name, label, address, command, environment=environment, logs=[log], state=prefix / "state")
