"""Keys of callers, and the artifact folders of the gateway with one subscription for each."""

import hashlib
import json
import shutil
from pathlib import Path

from .settings import BENCH, MAP_KEYS, PROVIDER_KEY, ROOT, SUBSCRIPTIONS, UPSTREAM, WORK


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
        subscriptions(target)
    return target


def demo() -> Path:
    """A copy of the example folder, whose models are the upstream of the rig."""
    target = WORK / "folders" / "demo"
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(ROOT / "examples" / "demo", target)
    information = target / "named values" / "model-endpoint" / "namedValueInformation.json"
    value = json.loads(information.read_text())
    value["properties"]["value"] = f"http://{UPSTREAM}"
    information.write_text(json.dumps(value, indent=2) + "\n")
    return target


def subscriptions(target: Path) -> None:
    secrets = (target / "secrets.toml").read_text()
    for number in range(SUBSCRIPTIONS):
        name = f"caller-{number:03}"
        directory = target / "subscriptions" / name
        directory.mkdir(parents=True)
        properties = {"displayName": f"Caller {number}", "scope": "/products/starter", "state": "active"}
        information = directory / "subscriptionInformation.json"
        information.write_text(json.dumps({"properties": properties}, indent=2) + "\n")
        secrets += f'\n[subscriptions.{name}]\nprimary = {{ env = "{variable(number)}" }}\n'
    (target / "secrets.toml").write_text(secrets)


def variable(number: int) -> str:
    return f"BENCH_CALLER_{number:03}"


def environment() -> dict[str, str]:
    """The secrets to which the folders refer."""
    callers = {variable(number): text for number, text in enumerate(keys())}
    return {"BENCH_PROVIDER_KEY": PROVIDER_KEY, **callers, **demo_environment()}


def demo_environment() -> dict[str, str]:
    keys = {"AZURE_OPENAI_KEY": PROVIDER_KEY, "OPENAI_KEY": PROVIDER_KEY}
    return {**keys, "TEAM_A_KEY": key(0), "TEAM_B_KEY": key(1)}
