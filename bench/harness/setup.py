"""What must be there before anything is measured: tools, programs, a network of one's own."""

import os
import resource
import shutil
import subprocess
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from .settings import BENCH, MOST_FILES, ROOT, TLS, WORK, Settings


class Missing(Exception):
    """Something that is needed is not there; says what to do."""


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def run(*command: str, **options) -> None:
    say("$ " + " ".join(command))
    subprocess.run(command, check=True, **options)


@dataclass(frozen=True)
class Tools:
    """Programs that are measured or that measure."""

    nginx: Path
    haproxy: Path
    #: Where haproxy finds those of its libraries that are not installed.
    haproxy_libraries: Path
    #: Load, upstream, floor and the others that are built here.
    programs: Path


def tools() -> Tools:
    """Makes sure that nginx, haproxy, ip and taskset are there."""
    if not shutil.which("taskset"):
        raise Missing("`taskset` is not there: install the package util-linux")
    if not find("ip"):
        install("iproute2")
    nginx = find("nginx") or unpacked("nginx", [], "usr/sbin/nginx")
    proxy = find("haproxy") or unpacked("haproxy", HAPROXY_LIBRARIES, "usr/sbin/haproxy")
    libraries = next((each.parent for each in proxy.parent.parent.glob("lib/*/liblua5.3.so.0")), Path("/usr/lib"))
    return Tools(nginx, proxy, libraries, WORK / "release")


def find(name: str) -> Path | None:
    found = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    return Path(found) if found else None


def install(package: str) -> None:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        say(f"note: `{package}` is not there; to have it: apt-get install {package}")
        return
    try:
        run("apt-get", "install", "--yes", "--no-install-recommends", package, stdout=sys.stderr)
    except subprocess.CalledProcessError:
        run("apt-get", "update", stdout=sys.stderr)
        run("apt-get", "install", "--yes", "--no-install-recommends", package, stdout=sys.stderr)


#: What haproxy needs besides what a small Debian has.
HAPROXY_LIBRARIES = ["liblua5.3-0", "libopentracing-c-wrapper0", "libopentracing1"]


def unpacked(package: str, libraries: list[str], path: str) -> Path:
    """A program of Debian, unpacked but not installed, since installing it would start a server."""
    folder = WORK / f"{package}-package"
    program = folder / path
    if program.exists():
        return program
    if not shutil.which("apt-get"):
        raise Missing(f"{package} is not there, and neither is apt-get to fetch it: install {package}")
    folder.mkdir(parents=True, exist_ok=True)
    download = ["apt-get", "download", package, *libraries]
    try:
        run(*download, cwd=folder, stdout=sys.stderr)
    except subprocess.CalledProcessError:
        run("apt-get", "update", stdout=sys.stderr)
        run(*download, cwd=folder, stdout=sys.stderr)
    for each in folder.glob("*.deb"):
        run("dpkg", "-x", str(each), str(folder))
    if not program.exists():
        raise Missing(f"Debian's package of {package} holds no `{path}`: install {package}")
    return program


def many_files() -> None:
    """As many open files as ten thousand connections take, for this and all that it starts."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard < MOST_FILES:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (MOST_FILES, MOST_FILES))
            return
        except (ValueError, PermissionError):
            say(f"note: only {hard} open files are permitted; ten thousand connections take {MOST_FILES}")
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def programs() -> Path:
    """Builds load, upstream and floor, and makes the certificate; gives their folder."""
    target = ["--target-dir", str(WORK)]
    packages = ["--package", "floor", "--package", "rig"]
    run("cargo", "build", "--quiet", "--release", "--locked", *packages, *target, cwd=BENCH)
    run(str(WORK / "release" / "certificate"), "--folder", str(TLS))
    return WORK / "release"


def cardea(settings: Settings) -> Path | None:
    """The gateway, if it is wanted and can serve."""
    if not settings.with_cardea:
        return None
    if settings.cardea:
        program = Path(settings.cardea).resolve()
    else:
        run("cargo", "build", "--quiet", "--profile", "dist", "--locked", "-p", "cardea", cwd=ROOT)
        program = ROOT / "target/dist/cardea"
    shown = subprocess.run([program, "--help"], capture_output=True, text=True, timeout=10)
    if shown.returncode == 0 and "serve" in shown.stdout:
        return program
    say("note: `cardea` cannot serve yet, so it is not measured")
    return None


@contextmanager
def namespace():
    """A network namespace with nothing in it but a loopback device; nothing where that is not permitted."""
    name, ip = f"bench-{os.getpid()}", find("ip")
    made = ip and subprocess.run([ip, "netns", "add", name], capture_output=True).returncode == 0
    if not made:
        say("note: a network namespace is not permitted here; the host's loopback device is used")
        yield None
        return
    try:
        run(str(ip), "-n", name, "link", "set", "lo", "up")
        yield [str(ip), "netns", "exec", name], name
    finally:
        run(str(ip), "netns", "del", name)
