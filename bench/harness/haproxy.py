"""The configurations of haproxy."""

from pathlib import Path

from .settings import CERTIFICATE_AND_KEY, PROVIDER_KEY

#: Connections are kept on both sides and shared, nothing waits for more to send, and each request is logged at once to
#: standard output, which is a file. Without `http-no-delay` haproxy may hold events of a stream back.
MAIN = """\
global
    nbthread 1
    maxconn {connections}
    log stdout format raw local0 info
defaults
    mode http
    log global
    option httplog
    option http-no-delay
    http-reuse always
    timeout connect 5s
    timeout client 120s
    timeout server 120s
frontend callers
    bind {address}{tls}
{check}
    default_backend model
backend model
    server model {upstream} maxconn {connections} pool-max-conn -1
"""

CHECK = """\
    http-request deny deny_status 401 unless {{ req.hdr(Ocp-Apim-Subscription-Key),map_str({keys}) -m found }}
    http-request del-header Ocp-Apim-Subscription-Key
    http-request set-header api-key {provider_key}
"""


def write(prefix: Path, address: str, upstream: str, keys: list[str], tls: bool, connections: int = 4096) -> Path:
    """Writes `haproxy.cfg` and the map into the folder; gives the configuration."""
    prefix.mkdir(parents=True, exist_ok=True)
    listed = prefix / "keys.map"
    listed.write_text("".join(f"{key} 1\n" for key in keys))
    text = MAIN.format(
        address=address,
        upstream=upstream,
        connections=connections,
        tls=f" ssl crt {CERTIFICATE_AND_KEY} alpn h2,http/1.1" if tls else "",
        check=CHECK.format(keys=listed, provider_key=PROVIDER_KEY) if keys else "",
    )
    configuration = prefix / "haproxy.cfg"
    configuration.write_text(text)
    return configuration
