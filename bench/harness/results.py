"""What a run has found, and its file: everything that tables and plots are made of."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path

from .measure import Sample
from .memory import Held
from .settings import RESULTS
from .starts import Start
from .workloads import Workload, by_name


@dataclass(frozen=True)
class Named:
    """What is left of a candidate when it no longer runs."""

    name: str
    label: str
    baseline: str


@dataclass
class Results:
    conditions: dict
    candidates: list[Named]
    samples: list[Sample]
    starts: list[Start]
    held: list[Held]

    @property
    def workloads(self) -> list[Workload]:
        return [by_name(name) for name in dict.fromkeys(each.workload for each in self.samples)]

    def of(self, workload: Workload) -> list[Sample]:
        return [each for each in self.samples if each.workload == workload.name]

    def taking_part(self, samples: list) -> list[Named]:
        """The candidates of samples, starts or memory, in the order of all."""
        names = {each.candidate for each in samples}
        return [each for each in self.candidates if each.name in names]

    @property
    def failures(self) -> int:
        return sum(each.failures for each in self.samples) + sum(each.count - each.clean for each in self.held)


def write(found: Results, tables: dict) -> Path:
    """Writes the file, with what was computed from the samples besides them; gives its path."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    path = RESULTS / (found.conditions["date"].replace(":", "").replace("+0000", "Z") + ".json")
    records = {
        "conditions": found.conditions,
        **tables,
        "candidates": [asdict(each) for each in found.candidates],
        "starts": [asdict(each) for each in found.starts],
        "memory": [asdict(each) for each in found.held],
        "samples": [asdict(each) for each in found.samples],
    }
    path.write_text(json.dumps(records, indent=1))
    return path


def read(path: Path) -> Results:
    records = json.loads(path.read_text())
    return Results(
        conditions=records["conditions"],
        candidates=[Named(**each) for each in records["candidates"]],
        samples=[Sample(**each) for each in records["samples"]],
        starts=[Start(**each) for each in records["starts"]],
        held=[Held(**each) for each in records["memory"]],
    )
