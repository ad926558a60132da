"""Work for a gateway that is compiled to note where it spends its time, so that the next build can be laid out for it.

What it does is what callers do with it, not what is measured alone: requests with and without keys and tokens, streams,
TLS, HTTP/2, connections that come and go, at full speed and at a fixed rate. The example is only started: code that
runs once then stands together too, and what never runs does not have to be in memory.
"""

import subprocess
from contextlib import ExitStack
from pathlib import Path

from . import identity
from .candidates import all_candidates, start_candidates
from .measure import load_command, start, start_upstreams
from .settings import Settings
from .setup import Missing, Tools, say

#: Its model and keys are others than the load's.
EXAMPLE = "cardea-demo"


def keep_busy(settings: Settings, tools: Tools, cardea: Path | None) -> int:
    """Gives each of the gateway's folders each workload that it takes; the programs end as they would in service."""
    if not cardea:
        raise Missing("there is no gateway to train")
    everybody = all_candidates(settings, tools, cardea) + start_candidates(settings, tools, cardea)
    candidates = [each for each in everybody if str(cardea) in each.command]
    with ExitStack() as stack:
        start_upstreams(stack, settings, tools)
        identity.start(stack, settings, cardea)
        for each in candidates:
            with ExitStack() as one:
                start(one, each)
                for workload in settings.workloads:
                    if each.takes(workload) and each.name != EXAMPLE:
                        say(f"{each.name}: {workload.name}")
                        load = load_command(settings, tools, workload, each)
                        subprocess.run(load, check=True, stdout=subprocess.DEVNULL)
    return 0
