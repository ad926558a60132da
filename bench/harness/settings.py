"""What a run does: its arguments, and the fixed facts of the rig."""

import argparse
from dataclasses import dataclass
from pathlib import Path

BENCH = Path(__file__).resolve().parent.parent
ROOT = BENCH.parent
#: Everything that is built or written during a run, but for the results.
WORK = ROOT / "target" / "bench"
RESULTS = BENCH / "results"

#: The upstream as it is, the one that refuses calls without the provider's key, and the one that refuses calls without
#: the gateway's own token.
UPSTREAM = "127.0.0.1:18080"
STRICT_UPSTREAM = "127.0.0.1:18081"
TOKEN_UPSTREAM = "127.0.0.1:18082"

#: The simulated tenant and the managed identity endpoints.
TENANT = "127.0.0.1:18403"
MACHINE = "127.0.0.1:18404"

PROVIDER_KEY = "provider-key-of-the-benchmark"
#: Keys of callers that the load uses, and keys that the map of nginx holds.
SUBSCRIPTIONS = 100
MAP_KEYS = 10_000
#: Tokens of callers that the load uses where it uses any.
TOKENS = 1_000


@dataclass(frozen=True)
class Workload:
    name: str
    label: str
    #: The deployment that is called; `stream` answers with a stream.
    deployment: str
    #: Size of a request's body in bytes.
    size: int
    #: What a cost is divided by.
    unit: str
    #: Whether requests have a token besides the key.
    tokens: bool = False


WORKLOADS = [
    Workload("1kb", "1 KB request, 1 KB answer", "gpt-4o", 1024, "request"),
    Workload("32kb", "32 KB request, 1 KB answer", "gpt-4o", 32 * 1024, "request"),
    Workload("stream", "1 KB request, stream of 50 events, one every 5 ms", "stream", 1024, "event"),
    Workload("burst", "1 KB request, stream of 50 events without pause", "burst", 1024, "event"),
    Workload("identity", "1 KB request with a key and a token, 1 KB answer", "gpt-4o", 1024, "request", tokens=True),
]


#: Stands beside the workloads: starts of programs, which nobody has asked anything yet.
START = "start"


@dataclass(frozen=True)
class Settings:
    rounds: int
    seconds: float
    warm_up: float
    connections: int
    workloads: list[Workload]
    starts: bool
    only: list[str]
    proxy_cores: str
    load_core: str
    cardea: str | None
    with_cardea: bool
    namespace: str | None
    arguments: list[str]


def parse(arguments: list[str]) -> Settings:
    parser = argparse.ArgumentParser(
        prog="bench/run",
        description="Measures the CPU time that proxies need for a request, against nginx in the same round.",
        epilog="Results: JSON in bench/results/, a table on standard output.",
    )
    add = parser.add_argument
    add("--quick", action="store_true", help="3 rounds of 1 second: shows that everything runs, not what it costs")
    add("--rounds", type=int, help="rounds; each measures every candidate once, in a new order (default 11)")
    add("--seconds", type=float, help="counted seconds of one measurement (default 2)")
    add("--connections", type=int, default=64, help="connections that send without pause (default 64)")
    add("--workloads", help="of " + ", ".join([START, *(w.name for w in WORKLOADS)]) + " (default all)")
    add("--only", help="names of candidates, with commas; their baselines are added (default all)")
    add("--proxy-core", default="0", help="the core that the proxy has for itself (default 0)")
    add("--load-core", default="1", help="the core of load and upstream (default 1)")
    add("--cardea", help="a built `cardea` (default: built here with the profile `dist`)")
    add("--no-cardea", action="store_true", help="leave the gateway out, and do not build it")
    add("--in-namespace", help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    names = given.workloads.split(",") if given.workloads else [START, *(w.name for w in WORKLOADS)]
    unknown = set(names) - {w.name for w in WORKLOADS} - {START}
    if unknown:
        parser.error(f"there is no workload `{unknown.pop()}`")
    return Settings(
        rounds=given.rounds or (3 if given.quick else 11),
        seconds=given.seconds or (1.0 if given.quick else 2.0),
        warm_up=0.3 if given.quick else 0.5,
        connections=given.connections,
        workloads=[w for w in WORKLOADS if w.name in names],
        starts=START in names,
        only=given.only.split(",") if given.only else [],
        proxy_cores=given.proxy_core,
        load_core=given.load_core,
        cardea=given.cardea,
        with_cardea=not given.no_cardea,
        namespace=given.in_namespace,
        arguments=[each for each in arguments if each not in ("--in-namespace", given.in_namespace)],
    )
