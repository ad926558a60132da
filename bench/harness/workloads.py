"""What callers do: which requests, how many at a time, and over which protocol."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Workload:
    name: str
    label: str
    #: The deployment that is called; `stream` answers with a stream.
    deployment: str = "gpt-4o"
    #: Size of a request's body in bytes.
    size: int = 1024
    #: What a cost is divided by.
    unit: str = "request"
    #: Whether requests have a token besides the key.
    tokens: bool = False
    #: `http`, `tls` (HTTP/1.1 over TLS) or `h2` (HTTP/2 over TLS).
    protocol: str = "http"
    #: Requests that are due every second; 0 is as many as the proxy answers.
    rate: int = 0
    #: Whether each request has a connection of its own.
    fresh: bool = False
    #: Part of the connections that are open, each of which then has so many requests at a time.
    streams: int = 1
    #: Part of the counted seconds of other workloads.
    longer: float = 1.0


WORKLOADS = [
    Workload("1kb", "1 KB request, 1 KB answer"),
    Workload("32kb", "32 KB request, 1 KB answer", size=32 * 1024),
    Workload("stream", "1 KB request, stream of 50 events, one every 5 ms", "stream", unit="event", longer=1.5),
    Workload("burst", "1 KB request, stream of 50 events without pause", "burst", unit="event"),
    Workload("identity", "1 KB request with a key and a token, 1 KB answer", tokens=True),
    Workload("fixed-1000", "1 KB, 1,000 requests/s, whatever the proxy does", rate=1_000, longer=2.5),
    Workload("fixed-5000", "1 KB, 5,000 requests/s, whatever the proxy does", rate=5_000),
    Workload("tls", "1 KB, HTTP/1.1 over TLS to the proxy", protocol="tls", longer=0.6),
    Workload("h2", "1 KB, HTTP/2 over TLS to the proxy, 8 connections with 8 requests at a time", protocol="h2", streams=8, longer=0.6),
    Workload("connect", "1 KB, a new connection for each request", fresh=True, longer=0.6),
    Workload("connect-tls", "1 KB, a new connection with a whole TLS handshake for each request", protocol="tls", fresh=True, longer=0.6),
]

#: Stands beside the workloads: starts of programs, which nobody has asked anything yet.
START = "start"
#: Stands beside the workloads: what connections and streams hold.
MEMORY = "memory"

#: Other names for several.
GROUPS = {"fixed": ["fixed-1000", "fixed-5000"]}

NAMES = [START, *(each.name for each in WORKLOADS), MEMORY]

#: What `--figures` measures, and of whom: enough for the table of what is required, in 20 minutes.
FIGURES = {
    "1kb": ["direct", "nginx", "nginx-key", "haproxy", "haproxy-key", "floor", "cardea", "cardea-key"],
    "32kb": ["nginx", "nginx-key", "haproxy", "floor", "cardea", "cardea-key"],
    "stream": ["nginx", "haproxy", "floor", "cardea"],
    "identity": ["nginx", "floor", "cardea-token", "cardea-token-anew", "cardea-three-layers"],
    "fixed-1000": ["nginx", "haproxy", "floor", "cardea"],
    "fixed-5000": ["nginx", "haproxy", "floor", "cardea"],
    "tls": ["nginx-tls", "haproxy-tls", "floor-tls", "cardea-tls"],
    "h2": ["nginx-tls", "haproxy-tls", "floor-tls", "cardea-tls"],
    "connect": ["nginx", "floor", "cardea"],
    "connect-tls": ["nginx-tls", "floor-tls", "cardea-tls"],
}


def by_name(name: str) -> Workload:
    return next(each for each in WORKLOADS if each.name == name)


def chosen(names: str | None) -> list[str]:
    """The names in a list with commas, groups taken apart; all of them without one."""
    if not names:
        return NAMES
    return [name for given in names.split(",") for name in GROUPS.get(given, [given])]
