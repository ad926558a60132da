"""What the gateway is compared with: nginx, haproxy, and the least that a proxy on hyper costs."""

import os

from . import folders, haproxy, nginx
from .candidate import Candidate
from .settings import CERTIFICATE, KEY, STRICT_UPSTREAM, UPSTREAM, WORK
from .setup import Tools


def plain_nginx(tools: Tools, connections: int = 4096) -> Candidate:
    return nginx_candidate(tools, "nginx", "nginx, keep-alive to the upstream", 18101, connections=connections)


def plain_haproxy(tools: Tools, connections: int = 4096) -> Candidate:
    return haproxy_candidate(tools, "haproxy", "haproxy, keep-alive to the upstream", 18105, connections=connections)


def plain_floor(tools: Tools) -> Candidate:
    return floor_candidate(tools, "floor", "hyper, one current-thread runtime", 18103)


def one_core(tools: Tools) -> list[Candidate]:
    keyed = "map of 10,000 keys, header replaced"
    shared = "hyper, one multi-thread runtime, 1 worker"
    return [
        plain_nginx(tools),
        nginx_candidate(tools, "nginx-key", f"nginx, {keyed}", 18102, keys=True),
        plain_haproxy(tools),
        haproxy_candidate(tools, "haproxy-key", f"haproxy, {keyed}", 18106, keys=True),
        plain_floor(tools),
        floor_candidate(tools, "floor-shared", shared, 18104, "multi-thread"),
    ]


def with_tls(tools: Tools, connections: int = 4096) -> list[Candidate]:
    return [
        nginx_candidate(tools, "nginx-tls", "nginx, TLS", 18107, tls=True, connections=connections),
        haproxy_candidate(tools, "haproxy-tls", "haproxy, TLS", 18108, tls=True, connections=connections),
        floor_candidate(tools, "floor-tls", "hyper, TLS", 18109, tls=True),
    ]


def two_cores(tools: Tools) -> list[Candidate]:
    return [
        nginx_candidate(tools, "nginx-2", "nginx, 2 workers", 18111, workers=2),
        floor_candidate(tools, "floor-2", "hyper, 2 current-thread runtimes", 18113, threads=2),
        floor_candidate(
            tools, "floor-shared-2", "hyper, one multi-thread runtime, 2 workers", 18114, "multi-thread", threads=2
        ),
    ]


def nginx_candidate(
    tools: Tools,
    name: str,
    label: str,
    port: int,
    workers: int = 1,
    keys: bool = False,
    tls: bool = False,
    connections: int = 4096,
) -> Candidate:
    address, prefix = f"127.0.0.1:{port}", WORK / "run" / name
    upstream = STRICT_UPSTREAM if keys else UPSTREAM
    listed = folders.map_keys() if keys else []
    log = nginx.write(prefix, address, upstream, workers, listed, tls, connections)
    command = [str(tools.nginx), "-p", str(prefix), "-c", "nginx.conf", "-e", "error.log"]
    return Candidate(name, label, address, command, logs=[log], tls=tls)


def haproxy_candidate(
    tools: Tools, name: str, label: str, port: int, keys: bool = False, tls: bool = False, connections: int = 4096
) -> Candidate:
    address, prefix = f"127.0.0.1:{port}", WORK / "run" / name
    listed = folders.map_keys() if keys else []
    configuration = haproxy.write(prefix, address, STRICT_UPSTREAM if keys else UPSTREAM, listed, tls, connections)
    command = [str(tools.haproxy), "-db", "-f", str(configuration)]
    environment = {**os.environ, "LD_LIBRARY_PATH": str(tools.haproxy_libraries)}
    return Candidate(name, label, address, command, environment=environment, logs=[prefix / "output.log"], tls=tls)


def floor_candidate(
    tools: Tools,
    name: str,
    label: str,
    port: int,
    runtime: str = "current-thread",
    threads: int = 1,
    tls: bool = False,
) -> Candidate:
    address = f"127.0.0.1:{port}"
    command = [str(tools.programs / "floor"), "--listen", address, "--upstream", UPSTREAM]
    command += ["--runtime", runtime, "--threads", str(threads)]
    if tls:
        command += ["--certificate", str(CERTIFICATE), "--key", str(KEY)]
    return Candidate(name, label, address, command, tls=tls)
