"""Where the identity provider, the managed identity endpoints and the vault of the demo are.

`CARDEA_DEMO` holds what `cardea demo --json` prints. Azure's clients refuse plain HTTP, so these parties speak HTTPS with
an authority that was made when the demo started; `requests`, which the clients use, is told to trust it.
"""

import json
import os
import socket
import tempfile

FACTS = json.loads(os.environ.get("CARDEA_DEMO", "{}"))
IDENTITY = FACTS.get("identity", {})
VAULT = FACTS.get("vault", {})
MODELS = FACTS.get("models", "")

WHY_NOT = "CARDEA_DEMO does not tell of an identity provider"
THERE = bool(IDENTITY)

SCOPE = "api://models/.default"


def trusted():
    """A file with the authority's certificate."""
    file = tempfile.NamedTemporaryFile("w", suffix=".pem", delete=False)
    with file:
        file.write(IDENTITY["ca"])
    return file.name


def resolve_localhost():
    """Lets names below `localhost` be this machine, as browsers and curl do and this system's resolver may not."""
    original = socket.getaddrinfo

    def lookup(host, *rest, **options):
        name = host.decode() if isinstance(host, bytes) else host
        if isinstance(name, str) and name.endswith(".localhost"):
            host = "127.0.0.1"
        return original(host, *rest, **options)

    socket.getaddrinfo = lookup


if THERE:
    os.environ["REQUESTS_CA_BUNDLE"] = trusted()
    resolve_localhost()


def app(name):
    """An application of the directory: its id and its secret."""
    return IDENTITY["apps"][name]
