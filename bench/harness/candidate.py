"""One program that is measured."""

from dataclasses import dataclass, field
from pathlib import Path

from .workloads import Workload


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
    #: Whether it speaks TLS, and HTTP/2 with who wants it; then it takes part in no other workloads.
    tls: bool = False

    def takes(self, workload: Workload) -> bool:
        return (workload.tokens or not self.wants_tokens) and self.tls == (workload.protocol != "http")
