"""What must be there before anything is measured: tools, programs, a network of one's own."""

import os
import shutil
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

from .settings import BENCH, ROOT, WORK, Settings


class Missing(Exception):
    """Something that is needed is not there; says what to do."""


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def run(*command: str, **options) -> None:
    say("$ " + " ".join(command))
    subprocess.run(command, check=True, **options)


def tools() -> Path:
    """Makes sure that nginx, ip and taskset are there; gives nginx."""
    if not shutil.which("taskset"):
        raise Missing("`taskset` is not there: install the package util-linux")
    if not find("ip"):
        install("iproute2")
    return find("nginx") or unpacked_nginx()


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


def unpacked_nginx() -> Path:
    """Debian's nginx, unpacked but not installed, since installing it would start a server."""
    folder = WORK / "nginx-package"
    program = folder / "usr/sbin/nginx"
    if program.exists():
        return program
    if not shutil.which("apt-get"):
        raise Missing("nginx is not there, and neither is apt-get to fetch it: install nginx")
    folder.mkdir(parents=True, exist_ok=True)
    try:
        run("apt-get", "download", "nginx", cwd=folder, stdout=sys.stderr)
    except subprocess.CalledProcessError:
        run("apt-get", "update", stdout=sys.stderr)
        run("apt-get", "download", "nginx", cwd=folder, stdout=sys.stderr)
    for package in folder.glob("nginx_*.deb"):
        run("dpkg", "-x", str(package), str(folder))
    if not program.exists():
        raise Missing("Debian's package of nginx holds no `usr/sbin/nginx`: install nginx")
    return program


def programs() -> Path:
    """Builds load, upstream and floor; gives their folder."""
    target = ["--target-dir", str(WORK)]
    packages = ["--package", "floor", "--package", "rig"]
    run("cargo", "build", "--quiet", "--release", "--locked", *packages, *target, cwd=BENCH)
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
