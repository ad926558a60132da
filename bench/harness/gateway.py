"""The gateway as a candidate: shipped settings but for addresses and places."""

import os
from pathlib import Path

from . import folders, identity
from .candidate import Candidate
from .settings import CERTIFICATE, KEY, MACHINE, TENANT, WORK

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
authority = "https://localhost:{TENANT.rpartition(":")[2]}"
imds = "http://{MACHINE}"
"""

NOTHING_REMEMBERED = """\
[tokens]
verified = 0
"""

TLS = f"""\
[listen.tls]
certificate = "{CERTIFICATE}"
key = "{KEY}"
"""


def pass_through(program: Path) -> Candidate:
    return candidate(program, "cardea", "Cardea, pass-through", 18121, folders.folder("pass-through"))


def one_core(program: Path) -> list[Candidate]:
    keyed, shared = folders.folder("key-and-header"), folders.folder("pass-through")
    return [
        pass_through(program),
        candidate(program, "cardea-key", "Cardea, key and header replaced", 18122, keyed),
        candidate(program, "cardea-shared", "Cardea, pass-through, shared runtime", 18123, shared, runtime="shared"),
        *with_tokens(program),
    ]


def with_tokens(program: Path) -> list[Candidate]:
    """The default remembers 10,000 verified tokens; a gateway that remembers none shows what verifying costs."""
    both, whole = folders.folder("key-and-token"), folders.walk_through()
    anew = IDENTITY + NOTHING_REMEMBERED
    made = [
        candidate(program, "cardea-token", "Cardea, key and token", 18124, both, more=IDENTITY),
        candidate(program, "cardea-token-anew", "the same, each token verified anew", 18125, both, more=anew),
        candidate(program, "cardea-three-layers", "Cardea, the whole walk-through", 18126, whole, more=IDENTITY),
    ]
    for each in made:
        each.wants_tokens = True
    return made


def with_tls(program: Path) -> Candidate:
    made = candidate(program, "cardea-tls", "Cardea, TLS", 18128, folders.folder("pass-through"), more=TLS)
    made.tls = True
    return made


def example(program: Path) -> Candidate:
    return candidate(program, "cardea-demo", "Cardea, `examples/demo`", 18127, folders.demo())


def two_cores(program: Path) -> list[Candidate]:
    folder = folders.folder("pass-through")
    return [
        candidate(program, "cardea-2", "Cardea, pass-through, 2 threads", 18131, folder),
        candidate(program, "cardea-shared-2", "Cardea, shared runtime, 2 threads", 18132, folder, runtime="shared"),
    ]


def candidate(
    program: Path, name: str, label: str, port: int, folder: Path, runtime: str = "per-core", more: str = ""
) -> Candidate:
    """It takes as many threads as it is given cores."""
    prefix = WORK / "run" / name
    prefix.mkdir(parents=True, exist_ok=True)
    address, log, settings = f"127.0.0.1:{port}", prefix / "access.log", prefix / "cardea.toml"
    text = CARDEA.format(address=address, admin_port=port + 100, runtime=runtime, log=log, state=prefix / "state")
    settings.write_text(text + more)
    command = [str(program), "serve", "--artifacts", str(folder), "--settings", str(settings)]
    environment = {**os.environ, **folders.environment()}
    return Candidate(name, label, address, command, environment=environment, logs=[log], state=prefix / "state")
