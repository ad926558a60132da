"""Keys of callers, and the artifact folders of the gateway with one subscription for each."""

import hashlib
import json
import shutil
from contextlib import contextmanager
from pathlib import Path

from .settings import (
    BENCH,
    MAP_KEYS,
    PROVIDER_KEY,
    ROOT,
    SUBSCRIPTIONS,
    TENANT,
    TOKEN_UPSTREAM,
    UPSTREAM,
    WORK,
)


def key(number: int) -> str:
    return hashlib.sha256(f"caller {number}".encode()).hexdigest()[:32]


def keys() -> list[str]:
    """The keys that the load uses."""
    return [key(number) for number in range(SUBSCRIPTIONS)]


def map_keys() -> list[str]:
    """The keys in the map of nginx, those of the load among them."""
    return [key(number) for number in range(MAP_KEYS)]


def key_file() -> Path:
    path = WORK / "keys.txt"
    path.write_text("\n".join(keys()) + "\n")
    return path


def folder(name: str) -> Path:
    """A copy of an artifact folder of the repository; where it has secrets, it gets its subscriptions."""
    target = WORK / "folders" / name
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(BENCH / "folders" / name, target)
    if (target / "secrets.toml").exists():
        subscriptions(target, "/products/starter")
    return target


def demo() -> Path:
    """A copy of the example folder, whose models are the upstream of the rig."""
    target = WORK / "folders" / "demo"
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(ROOT / "examples" / "demo", target)
    name(target, "model-endpoint", f"http://{UPSTREAM}")
    return target


def walk_through() -> Path:
    """The API with three layers of the identity example, its policies as they stand there.

    Others change: where the tenant and the model are, the path and the header of the key (all candidates get the same
    requests), who may call, and that the other APIs, which read the vault, are not there.
    """
    target, api = WORK / "folders" / "walk-through", "openai-three-layers"
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(ROOT / "examples" / "identity" / "apim", target)
    for other in (target / "apis").iterdir():
        if other.name != api:
            shutil.rmtree(other)
    for gone in ["backends", "subscriptions", "policy fragments", *vault_names(target)]:
        shutil.rmtree(target / gone)
    name(target, "entra", f"https://localhost:{TENANT.rpartition(':')[2]}")
    name(target, "model-endpoint", f"http://{TOKEN_UPSTREAM}")
    with properties(target / "apis" / api / "apiInformation.json") as of_api:
        of_api["path"] = "openai"
        del of_api["subscriptionKeyParameterNames"]
    (target / "secrets.toml").write_text("")
    subscriptions(target, f"/apis/{api}")
    return target


def vault_names(target: Path) -> list[str]:
    found = (target / "named values").glob("*/namedValueInformation.json")
    return [f"named values/{each.parent.name}" for each in found if "keyVault" in each.read_text()]


def name(target: Path, named_value: str, text: str) -> None:
    """Gives a named value another text."""
    with properties(target / "named values" / named_value / "namedValueInformation.json") as of_name:
        of_name["value"] = text


@contextmanager
def properties(information: Path):
    """The properties of a resource, to be changed."""
    value = json.loads(information.read_text())
    yield value["properties"]
    information.write_text(json.dumps(value, indent=2) + "\n")


def subscriptions(target: Path, scope: str) -> None:
    secrets = (target / "secrets.toml").read_text()
    for number in range(SUBSCRIPTIONS):
        caller = f"caller-{number:03}"
        directory = target / "subscriptions" / caller
        directory.mkdir(parents=True)
        of_caller = {"displayName": f"Caller {number}", "scope": scope, "state": "active"}
        information = directory / "subscriptionInformation.json"
        information.write_text(json.dumps({"properties": of_caller}, indent=2) + "\n")
        secrets += f'\n[subscriptions.{caller}]\nprimary = {{ env = "{variable(number)}" }}\n'
    (target / "secrets.toml").write_text(secrets)


def variable(number: int) -> str:
    return f"BENCH_CALLER_{number:03}"


def demo_key_file() -> Path:
    """The key of the example's caller whose calls are not counted, for the load."""
    path = WORK / "demo-key.txt"
    path.write_text(demo_environment()["TEAM_B_KEY"] + "\n")
    return path


def environment() -> dict[str, str]:
    """The secrets to which the folders refer."""
    callers = {variable(number): text for number, text in enumerate(keys())}
    return {"BENCH_PROVIDER_KEY": PROVIDER_KEY, **callers, **demo_environment()}


def demo_environment() -> dict[str, str]:
    keys = {"AZURE_OPENAI_KEY": PROVIDER_KEY, "OPENAI_KEY": PROVIDER_KEY}
    return {**keys, "TEAM_A_KEY": key(0), "TEAM_B_KEY": key(1)}
