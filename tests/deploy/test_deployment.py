"""The files in `deploy/`: well-kept linters read them, and the program runs with what they say.

No container engine, cluster or service manager is needed. CARDEA_BIN names the program."""

import json
import os
import re
import shlex
import signal
import socket
import stat
import subprocess
import sys
import tomllib
import urllib.request
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
DEPLOY = ROOT / "deploy"
CARDEA = os.environ["CARDEA_BIN"]
TOOLS = Path(sys.executable).parent
INSTALLED = "/usr/local/bin/cardea"


def run(*words, **options):
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True, timeout=120, **options)
    return done.returncode, done.stdout + done.stderr


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Served:
    """The program, run as a file of `deploy/` says, on free ports of loopback."""

    def __init__(self, arguments, environment, directory):
        self.gateway = f"127.0.0.1:{free_port()}"
        inherited = {name: text for name, text in os.environ.items() if not name.startswith("CARDEA_")}
        addresses = {"CARDEA_LISTEN__ADDRESS": self.gateway, "CARDEA_ADMIN__ADDRESS": "127.0.0.1:0"}
        self.environment = {**inherited, **environment, **addresses}
        self.directory = directory
        self.log = open(directory / "stderr", "w+")
        self.process = subprocess.Popen(
            [CARDEA, *arguments], env=self.environment, cwd=directory, stdout=subprocess.DEVNULL, stderr=self.log
        )

    def health(self, *arguments):
        return run(CARDEA, "health", *arguments, env=self.environment, cwd=self.directory)

    def ready(self):
        for _ in range(200):
            if self.process.poll() is not None:
                break
            if self.health()[0] == 0:
                return True
            try:
                self.process.wait(0.05)
            except subprocess.TimeoutExpired:
                pass
        self.log.seek(0)
        raise AssertionError(f"it is not ready:\n{self.log.read()}")

    def get(self, path):
        with urllib.request.urlopen(f"http://{self.gateway}{path}", timeout=10) as answer:
            return answer.status, answer.read().decode()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self.process.wait(30)
        self.log.close()


@pytest.fixture
def sealing_key(tmp_path):
    path = tmp_path / "sealing.key"
    assert run(CARDEA, "sealing-key", "create", path)[0] == 0
    return path


# Dockerfile


def instructions():
    text = (DEPLOY / "Dockerfile").read_text()
    lines = re.sub(r"\\\n", " ", re.sub(r"^#.*\n", "", text, flags=re.M)).splitlines()
    return [line.split(maxsplit=1) for line in lines if line.strip()]


def instruction(name):
    return [rest for word, rest in instructions() if word == name]


def test_the_dockerfile_is_what_hadolint_asks_for():
    assert run(TOOLS / "hadolint", "--failure-threshold", "style", DEPLOY / "Dockerfile") == (0, "")


def test_the_image_runs_as_nobody_in_particular_and_builds_without_the_demo():
    assert instruction("USER") == ["65532:65532"]
    builds = [rest for rest in instruction("RUN") if "cargo build" in rest]
    assert len(builds) == 1 and "--no-default-features" in builds[0] and "--locked" in builds[0]
    declared = re.search(r'rust-version = "([\d.]+)"', (ROOT / "Cargo.toml").read_text()).group(1)
    assert instruction("FROM")[0].startswith(f"rust:{declared}-")


def test_what_the_build_needs_is_sent_to_it():
    kept = {line[1:] for line in (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines() if line.startswith("!")}
    found = run("git", "-C", ROOT, "grep", "-oE", r'include_(dir|str|bytes)!\("[^"]+"', "--", ":(glob)crates/*/src/**")[1]
    places = [re.fullmatch(r'(.*?):include_\w+!\("(.*)"', line).groups() for line in found.splitlines()]
    assert places

    def top(file, path):
        crate = ROOT / "/".join(Path(file).parts[:2])
        beside = (ROOT / file).parent / path.replace("$CARGO_MANIFEST_DIR", str(crate))
        return beside.resolve().relative_to(ROOT).parts[0]

    assert {top(file, path) for file, path in places} <= kept
    assert {"Cargo.toml", "Cargo.lock", "crates", "xtask"} <= kept


def test_the_image_serves_and_its_check_says_so(tmp_path):
    """Its command on a folder where `/apim` would be, on a file system where only the state can be written."""
    folder = folder_of_the_manifest(tmp_path / "apim")
    state = tmp_path / "state"
    state.mkdir()
    environment = dict(pair.split("=", 1) for pair in shlex.split(instruction("ENV")[0]))
    environment["CARDEA_STATE__DIR"] = str(state)
    [command] = [json.loads(rest) for rest in instruction("CMD")]
    assert json.loads(instruction("ENTRYPOINT")[0]) == [INSTALLED]
    check = json.loads(instruction("HEALTHCHECK")[0].split("CMD", 1)[1])
    assert check == [INSTALLED, "health"]
    with Served([word.replace("/apim", str(folder)) for word in command], environment, tmp_path) as served:
        assert served.ready()
        assert served.get("/echo/hello") == (200, "hello")
        served.process.send_signal(signal.SIGTERM)
        assert served.process.wait(40) == 0
        status, said = served.health()
        assert status == 1 and "no gateway answers" in said


# Kubernetes


def manifest():
    return {each["kind"]: each for each in yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text())}


def container():
    [only] = manifest()["Deployment"]["spec"]["template"]["spec"]["containers"]
    return only


def folder_of_the_manifest(path):
    """The volume of the artifact folder as a cluster lays it out: links to what is behind `..data`."""
    pod = manifest()["Deployment"]["spec"]["template"]["spec"]
    [volume] = [each["configMap"] for each in pod["volumes"] if each["name"] == "apim"]
    data = manifest()["ConfigMap"]["data"]
    assert volume["name"] == manifest()["ConfigMap"]["metadata"]["name"]
    behind = path / "..2026_11_21_08_00_00.1"
    for item in volume["items"]:
        file = behind / item["path"]
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(data[item["key"]])
    (path / "..data").symlink_to(behind.name)
    for top in {item["path"].split("/")[0] for item in volume["items"]}:
        (path / top).symlink_to(f"..data/{top}")
    assert {item["key"] for item in volume["items"]} == set(data)
    return path


@pytest.mark.parametrize("version", ["1.31", "1.34", "1.37"])
def test_the_manifest_is_valid(version):
    status, said = run(TOOLS / "kubernetes-validate", "--strict", "-k", version, DEPLOY / "kubernetes.yaml")
    assert status == 0 and "FAIL" not in said.upper(), said


def test_the_manifest_drains_before_it_kills():
    pod = manifest()["Deployment"]["spec"]["template"]["spec"]
    settings = (ROOT / "docs" / "settings.md").read_text()
    drain = int(re.search(r"`drain-seconds` \| (\d+)", settings).group(1))
    pause = container()["lifecycle"]["preStop"]["sleep"]["seconds"]
    assert pod["terminationGracePeriodSeconds"] > pause + drain


def test_the_pod_needs_no_rights():
    pod = manifest()["Deployment"]["spec"]["template"]["spec"]
    assert pod["securityContext"]["runAsNonRoot"] and not pod["automountServiceAccountToken"]
    rights = container()["securityContext"]
    assert rights["readOnlyRootFilesystem"] and not rights["allowPrivilegeEscalation"]
    assert rights["capabilities"] == {"drop": ["ALL"]}


def test_the_pod_serves_the_folder_of_its_volume_and_its_probes_say_so(tmp_path, sealing_key):
    folder = folder_of_the_manifest(tmp_path / "apim")
    # As `defaultMode` has it.
    sealing_key.chmod(stat.S_IRUSR | stat.S_IRGRP)
    environment = dict(pair.split("=", 1) for pair in shlex.split(instruction("ENV")[0]))
    environment |= {each["name"]: each["value"] for each in container()["env"]}
    mounted = "/run/secrets/cardea/sealing.key"
    assert environment["CARDEA_STATE__SEALING_KEY_FILE"] == mounted
    environment |= {"CARDEA_STATE__SEALING_KEY_FILE": str(sealing_key), "CARDEA_STATE__DIR": str(tmp_path / "state")}
    arguments = [word.replace("/apim", str(folder)) for word in container()["args"]]
    with Served(arguments, environment, tmp_path) as served:
        assert served.ready()
        assert served.get("/echo/hello") == (200, "hello")
        for probe in ["startupProbe", "readinessProbe", "livenessProbe"]:
            program, *words = container()[probe]["exec"]["command"]
            assert program == INSTALLED
            assert served.health(*words[1:])[0] == 0, probe
    assert run(CARDEA, "check", folder, "--deny-warnings")[0] == 0


# systemd


def unit(tmp_path):
    """The unit with the program where it is."""
    path = tmp_path / "cardea.service"
    path.write_text((DEPLOY / "cardea.service").read_text().replace(INSTALLED, CARDEA))
    return path


def test_the_unit_is_valid_and_confined(tmp_path):
    path = unit(tmp_path)
    status, said = run("systemd-analyze", "verify", "--man=no", path)
    about_us = [line for line in said.splitlines() if "cardea" in line]
    assert (status, about_us) == (0, [])
    # In tenths: 9.6 is a service without any confinement.
    status, said = run("systemd-analyze", "security", "--offline=true", "--threshold=15", "--no-pager", path)
    assert status == 0, said


def test_the_sockets_are_valid_and_those_that_the_settings_name(tmp_path):
    unit(tmp_path)
    path = tmp_path / "cardea.socket"
    text = (DEPLOY / "cardea.socket").read_text()
    path.write_text(text)
    status, said = run("systemd-analyze", "verify", "--man=no", path)
    about_us = [line for line in said.splitlines() if "cardea" in line]
    assert (status, about_us) == (0, [])
    settings = tomllib.loads((DEPLOY / "cardea.toml").read_text())
    page = (ROOT / "docs" / "settings.md").read_text()
    [admin] = re.findall(r"^\| `address` \| `([^`]+)` \| `CARDEA_ADMIN__ADDRESS`", page, re.M)
    # The program compares them with its settings, character by character.
    addresses = [settings["listen"]["address"], settings.get("admin", {}).get("address", admin)]
    assert re.findall(r"^ListenStream=(.*)$", text, re.M) == addresses
    # As many connections wait in them as in those that the program binds itself.
    [own] = re.findall(r"^const BACKLOG: i32 = ([\d_]+);", (ROOT / "crates/gateway/src/listen/server.rs").read_text(), re.M)
    assert re.findall(r"^Backlog=(.*)$", text, re.M) == [own.replace("_", "")]
    # A service of the same name takes them; it must not wait to be asked for.
    assert "Accept=" not in text and "Service=" not in text and re.search(r"^WantedBy=sockets\.target$", text, re.M)


def test_the_unit_runs_the_program_with_its_settings(tmp_path, sealing_key):
    folder = folder_of_the_manifest(tmp_path / "apim")
    text = (DEPLOY / "cardea.service").read_text()
    moved = {
        "/etc/cardea/apim": str(folder),
        "/etc/cardea/cardea.toml": str(DEPLOY / "cardea.toml"),
        "%S/cardea": str(tmp_path / "state"),
        "%d/sealing.key": str(sealing_key),
    }

    def words(line):
        for there, here in moved.items():
            line = line.replace(there, here)
        return shlex.split(line)

    environment = dict(words(line)[0].split("=", 1) for line in re.findall(r"^Environment=(.*)$", text, re.M))
    [before] = re.findall(rf"^ExecStartPre={INSTALLED} (.*)$", text, re.M)
    assert run(CARDEA, *words(before), env={**os.environ, **environment})[0] == 0
    [start] = re.findall(rf"^ExecStart={INSTALLED} (.*)$", text, re.M)
    with Served(words(start), environment, tmp_path) as served:
        assert served.ready()
        served.process.send_signal(signal.SIGHUP)
        assert served.get("/echo/hello") == (200, "hello")
