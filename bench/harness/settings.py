"""What a run does: its arguments, and the fixed facts of the rig."""

import argparse
from dataclasses import dataclass
from pathlib import Path

from . import workloads
from .workloads import FIGURES, MEMORY, NAMES, START, WORKLOADS, Workload

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


#: Files that a process may have open when ten thousand connections are its own.
MOST_FILES = 16_384

#: A certificate for `localhost`, its key, both in one file, and the authority that has signed it.
TLS = WORK / "tls"
CERTIFICATE, KEY = TLS / "certificate.pem", TLS / "key.pem"
CERTIFICATE_AND_KEY, AUTHORITY = TLS / "both.pem", TLS / "authority.pem"


@dataclass(frozen=True)
class Settings:
    rounds: int
    seconds: float
    warm_up: float
    connections: int
    workloads: list[Workload]
    starts: bool
    memory: bool
    only: list[str]
    #: Whether only those are measured that the table of figures needs.
    figures: bool
    proxy_cores: str
    load_core: str
    cardea: str | None
    with_cardea: bool
    #: A file of results to write the page from, instead of measuring.
    render: str | None
    #: A candidate whose time is to be shown as a flame graph, instead of measuring.
    flame: str | None
    #: Candidates whose instructions are to be counted, instead of measuring.
    count: str | None
    #: Whether the gateway is only to be kept busy, for a compiler that wants to know where it spends its time.
    train: bool
    namespace: str | None
    arguments: list[str]

    def takes(self, workload: Workload, name: str) -> bool:
        """Whether a candidate that could take part in a workload does in this run."""
        return not self.figures or name in FIGURES.get(workload.name, [])


def parse(arguments: list[str]) -> Settings:
    parser = parser_of_arguments()
    given = parser.parse_args(arguments)
    names = workloads.chosen(given.workloads)
    if not given.workloads and given.figures:
        names = [START, *FIGURES, MEMORY]
    if unknown := set(names) - set(NAMES):
        parser.error(f"there is no workload `{unknown.pop()}`")
    return Settings(
        rounds=given.rounds or (2 if given.quick else 11),
        seconds=given.seconds or (0.5 if given.quick else 1.0 if given.figures else 2.0),
        warm_up=0.3 if given.quick or given.figures else 0.5,
        connections=given.connections,
        workloads=[each for each in WORKLOADS if each.name in names],
        starts=START in names,
        memory=MEMORY in names,
        only=given.only.split(",") if given.only else [],
        figures=given.figures,
        proxy_cores=given.proxy_core,
        load_core=given.load_core,
        cardea=given.cardea,
        with_cardea=not given.no_cardea,
        render=given.render,
        flame=given.flame,
        count=given.count,
        train=given.train,
        namespace=given.in_namespace,
        arguments=[each for each in arguments if each not in ("--in-namespace", given.in_namespace)],
    )


def parser_of_arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="bench/run",
        description="Measures the CPU time that proxies need for a request, against nginx in the same round.",
        epilog="Results: JSON in bench/results/, a table on standard output.",
    )
    add = parser.add_argument
    add("--figures", action="store_true", help="what the table of required figures needs, in 20 minutes")
    add("--quick", action="store_true", help="2 rounds of half a second: shows that everything runs, not what it costs")
    add("--rounds", type=int, help="rounds; each measures every candidate once, in a new order (default 11)")
    add("--seconds", type=float, help="counted seconds of one measurement (default 2, with --figures 1)")
    add("--connections", type=int, default=64, help="connections that send without pause (default 64)")
    add("--workloads", help="of " + ", ".join([*NAMES, *workloads.GROUPS]) + " (default all)")
    add("--only", help="names of candidates, with commas; their baselines are added (default all)")
    add("--proxy-core", default="0", help="the core that the proxy has for itself (default 0)")
    add("--load-core", default="1", help="the core of load and upstream (default 1)")
    add("--cardea", help="a built `cardea` (default: built here with the profile `dist`)")
    add("--no-cardea", action="store_true", help="leave the gateway out, and do not build it")
    add("--render", metavar="RESULT", help="write docs/benchmarks.md and docs/benchmarks.svg from a file of results")
    add("--flame", metavar="CANDIDATE", help="a flame graph of a candidate under the first of the workloads")
    add("--count", metavar="CANDIDATES", help="instructions of a request for each of these, as callgrind counts them")
    add("--train", action="store_true", help="keep the gateway busy and measure nothing: deploy/build compiles by what it learns")
    add("--in-namespace", help=argparse.SUPPRESS)
    return parser
