"""The configurations of nginx."""

from pathlib import Path

from .settings import CERTIFICATE, KEY, MOST_FILES, PROVIDER_KEY

#: Connections are kept on both sides, bodies of 32 KB stay in memory, the access log is written as by default.
MAIN = """\
daemon off;
pid nginx.pid;
worker_processes {workers};
worker_rlimit_nofile {most_files};
error_log error.log warn;
events {{
    worker_connections {connections};
}}
http {{
    access_log access.log combined;
    client_body_temp_path body;
    proxy_temp_path proxy;
    fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi;
    scgi_temp_path scgi;
    keepalive_requests 100000000;
    keepalive_timeout 120s;
    client_body_buffer_size 128k;
    upstream model {{
        server {upstream};
        keepalive 256;
        keepalive_requests 100000000;
    }}
{map}
    server {{
        listen {address}{tls};
        location / {{
{check}
            proxy_http_version 1.1;
            proxy_set_header Connection "";
            proxy_pass http://model;
        }}
    }}
}}
"""

MAP = """\
    map_hash_max_size 65536;
    map_hash_bucket_size 128;
    map $http_ocp_apim_subscription_key $known {{
        default 0;
{keys}
    }}
"""

CHECK = """\
            if ($known = 0) {{
                return 401;
            }}
            proxy_set_header Ocp-Apim-Subscription-Key "";
            proxy_set_header api-key "{provider_key}";
"""


TLS = f""" ssl http2;
        ssl_certificate {CERTIFICATE};
        ssl_certificate_key {KEY}"""


def write(
    prefix: Path, address: str, upstream: str, workers: int, keys: list[str], tls: bool, connections: int = 4096
) -> Path:
    """Writes `nginx.conf` into the folder; gives the access log."""
    prefix.mkdir(parents=True, exist_ok=True)
    listed = "\n".join(f'        "{key}" 1;' for key in keys)
    text = MAIN.format(
        workers=workers,
        most_files=MOST_FILES,
        connections=connections,
        address=address,
        upstream=upstream,
        tls=TLS if tls else "",
        map=MAP.format(keys=listed) if keys else "",
        check=CHECK.format(provider_key=PROVIDER_KEY) if keys else "",
    )
    (prefix / "nginx.conf").write_text(text)
    return prefix / "access.log"
