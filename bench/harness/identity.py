"""Who makes tokens: the simulated Entra tenant and managed identity endpoints of the `cardea` that is measured."""

import base64
import http.client
import json
from contextlib import ExitStack
from pathlib import Path

from .process import DidNotStart, running
from .settings import MACHINE, TENANT, TOKENS, WORK, Settings

#: What callers' tokens are for; the gateway's own are for RESOURCE.
AUDIENCE = "api://models"
RESOURCE = "https://cognitiveservices.azure.com"

CA_FILE = WORK / "ca.pem"
TOKEN_FILE = WORK / "tokens.txt"


def start(stack: ExitStack, settings: Settings, program: Path) -> None:
    """Starts the tenant beside load and upstream, and writes the callers' tokens."""
    CA_FILE.unlink(missing_ok=True)
    port, machine_port = TENANT.rpartition(":")[2], MACHINE.rpartition(":")[2]
    command = [str(program), "simulate", "identity", "--port", port, "--machine-port", machine_port]
    command += ["--ca-file", str(CA_FILE)]
    log = WORK / "run" / "identity.log"
    stack.enter_context(running("identity", command, settings.load_core, MACHINE, {}, log))
    TOKEN_FILE.write_text("\n".join(tokens()) + "\n")


def tokens() -> list[str]:
    """Distinct tokens, each with another `uti`, that outlive the run; signed with RS256."""
    connection = http.client.HTTPConnection(MACHINE, timeout=10)
    found = [token(connection) for _ in range(TOKENS)]
    connection.close()
    if len(set(found)) != TOKENS:
        raise DidNotStart("the tenant gave the same token twice")
    return found


def token(connection: http.client.HTTPConnection) -> str:
    order = {"resource": AUDIENCE, "client": "Team A", "lifetime": 24 * 3600}
    connection.request("POST", "/_simulator/tokens", json.dumps(order))
    answer = json.loads(connection.getresponse().read())
    if "access_token" not in answer:
        raise DidNotStart(f"the tenant gives no token: {answer}")
    return answer["access_token"]


def claims_prefix() -> str:
    """How the claims of the gateway's token begin, in Base64url: those of callers' tokens begin otherwise."""
    text = f'{{"aud":"{RESOURCE}"'.encode()
    return base64.urlsafe_b64encode(text[: len(text) // 3 * 3]).decode()
