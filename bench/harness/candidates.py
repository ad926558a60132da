"""What is compared, and with which one each is compared."""

from pathlib import Path

from . import gateway, others
from .candidate import Candidate
from .settings import MOST_FILES, UPSTREAM, Settings
from .setup import Tools


def all_candidates(settings: Settings, tools: Tools, cardea: Path | None) -> list[Candidate]:
    """Those that take part in any workload of this run."""
    one, both = settings.proxy_cores, f"{settings.proxy_cores},{settings.load_core}"
    listed = [Candidate("direct", "no proxy", UPSTREAM, []), *others.one_core(tools)]
    secured, pairs = others.with_tls(tools), others.two_cores(tools)
    if cardea:
        listed += gateway.one_core(cardea)
        secured.append(gateway.with_tls(cardea))
        pairs += gateway.two_cores(cardea)
    placed(listed, one, "nginx")
    placed(secured, one, "nginx-tls")
    placed(pairs, both, "nginx-2")
    return chosen([each for each in listed + secured + pairs if taking_part(settings, each)], settings.only)


def start_candidates(settings: Settings, tools: Tools, cardea: Path | None) -> list[Candidate]:
    """Those whose start is measured; the gateway with the folder that the first steps show."""
    listed = [others.plain_nginx(tools), others.plain_haproxy(tools), others.plain_floor(tools)]
    if cardea:
        listed.append(gateway.example(cardea))
    return chosen(placed(listed, settings.proxy_cores, "nginx"), settings.only)


def memory_candidates(settings: Settings, tools: Tools, cardea: Path | None) -> list[Candidate]:
    """Those whose connections are counted, plain ones and those with TLS."""
    listed = [others.plain_nginx(tools, MOST_FILES), others.plain_floor(tools)]
    secured = [each for each in others.with_tls(tools, MOST_FILES) if each.name != "haproxy-tls"]
    if cardea:
        listed.append(gateway.pass_through(cardea))
        secured.append(gateway.with_tls(cardea))
    placed(secured, settings.proxy_cores, "nginx-tls")
    return chosen(placed(listed, settings.proxy_cores, "nginx") + secured, settings.only)


def taking_part(settings: Settings, each: Candidate) -> bool:
    return any(each.takes(one) and settings.takes(one, each.name) for one in settings.workloads)


def placed(listed: list[Candidate], cores: str, baseline: str) -> list[Candidate]:
    for candidate in listed:
        candidate.cores, candidate.baseline = cores, baseline
    return listed


def chosen(listed: list[Candidate], only: list[str]) -> list[Candidate]:
    if not only:
        return listed
    wanted = set(only) | {each.baseline for each in listed if each.name in only}
    return [each for each in listed if each.name in wanted]
