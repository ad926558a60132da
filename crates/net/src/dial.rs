//! From a destination to a connection: name, addresses, TCP, TLS.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use socket2::{SockRef, TcpKeepalive};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;

use crate::destination::{HttpVersion, Inner};
use crate::error::{Error, ErrorKind, Retry};
use crate::guard::Guard;
use crate::proxy::Proxy;
use crate::resolve::{Behalf, Resolver, Unresolved};
use crate::settings::ClientSettings;
use crate::stream::{Bytes, Stream};

/// RFC 8305 5: how long one address may stay silent before the next is tried beside it.
const NEXT_ADDRESS_AFTER: Duration = Duration::from_millis(250);

/// Connects, each stage within its time.
pub(crate) async fn dial(to: &Inner, settings: &ClientSettings, names: &Resolver) -> Result<Stream, Error> {
    let addresses = match &to.options.proxy {
        None => addresses(to, names).await?,
        Some(proxy) => addresses_of_proxy(proxy, to, names).await?,
    };
    let limits = &to.options.timeouts;
    let connected = timeout(limits.connect, connect(to, settings, addresses)).await;
    let connected = connected.unwrap_or_else(|_| Err(failed(to, ErrorKind::ConnectTimeout)));
    let tcp = connected.inspect_err(|_| names.doubt(called(to)))?;
    let bytes = if to.scheme == http::uri::Scheme::HTTPS {
        let secured = timeout(limits.tls, secure(to, tcp)).await;
        secured.map_err(|_| failed(to, ErrorKind::TlsTimeout))??
    } else {
        Bytes::Plain(tcp)
    };
    let stream = Stream::new(bytes, limits.sending);
    if is_tls_without(&stream, to) {
        let refused = Error::new(ErrorKind::Tls, Retry::Never).at(to.authority.as_str());
        return Err(refused.because("the server does not offer HTTP/2"));
    }
    Ok(stream)
}

/// Whether HTTP/2 was asked for and is not offered.
fn is_tls_without(stream: &Stream, to: &Inner) -> bool {
    to.scheme == http::uri::Scheme::HTTPS && to.options.version == HttpVersion::Http2 && !stream.chose_http2()
}

fn failed(to: &Inner, kind: ErrorKind) -> Error {
    Error::new(kind, Retry::Safe).at(to.authority.as_str())
}

/// Whose address is called: the host's, or that of the proxy.
fn called(to: &Inner) -> &str {
    to.options.proxy.as_ref().map_or(&to.host.text, |proxy| proxy.host().0)
}

/// The addresses that connections of a destination may lead to, as far as that is known; none for a proxy's, and for a
/// host that needs no resolver.
pub(crate) async fn current_addresses(to: &Inner, names: &Resolver) -> Option<Vec<IpAddr>> {
    if to.options.proxy.is_some() || known(&to.host.text).is_some() {
        return None;
    }
    names.refreshed(&to.host.text, behalf(to), to.options.timeouts.dns).await
}

fn behalf(to: &Inner) -> Behalf {
    if to.options.guard.is_some() { Behalf::Policy } else { Behalf::Configuration }
}

async fn connect(
    to: &Inner,
    settings: &ClientSettings,
    addresses: Vec<SocketAddr>,
) -> Result<TcpStream, Error> {
    let broken = |error: io::Error| failed(to, ErrorKind::Connect).because(error);
    let mut tcp = first_to_answer(addresses).await.map_err(broken)?;
    tune(&tcp, settings).map_err(broken)?;
    if let Some(proxy) = to.options.proxy.as_ref().filter(|_| to.forwarding_proxy().is_none()) {
        let place = format!("{}:{}", to.authority.host(), to.port);
        proxy.tunnel(&mut tcp, &place).await.map_err(broken)?;
    }
    Ok(tcp)
}

/// The addresses of the host that its guard lets through.
async fn addresses(to: &Inner, names: &Resolver) -> Result<Vec<SocketAddr>, Error> {
    let found = resolve(&to.host.text, to.port, behalf(to), to, names).await?;
    let allowed = |address: &SocketAddr| to.options.guard.is_none_or(|guard| guard.allows(address.ip()));
    let kept: Vec<SocketAddr> = found.iter().copied().filter(allowed).collect();
    match (found.is_empty(), kept.is_empty()) {
        (true, _) => Err(failed(to, ErrorKind::Dns)),
        (false, true) => Err(Error::new(ErrorKind::Guarded, Retry::Never).at(to.authority.as_str())),
        (false, false) => Ok(in_turns(kept)),
    }
}

/// The addresses of the proxy. It asks for the host's itself: what the guard refuses without asking is refused.
async fn addresses_of_proxy(proxy: &Proxy, to: &Inner, names: &Resolver) -> Result<Vec<SocketAddr>, Error> {
    let refused = |guard: Guard| {
        known(&to.host.text).is_some_and(|found| found.into_iter().any(|address| !guard.allows(address)))
    };
    if to.options.guard.is_some_and(refused) {
        return Err(Error::new(ErrorKind::Guarded, Retry::Never).at(to.authority.as_str()));
    }
    let (host, port) = proxy.host();
    let behalf = if proxy.is_guarded() { Behalf::Policy } else { Behalf::Configuration };
    let mut found =
        resolve(host, port, behalf, to, names).await.map_err(|error| error.at(proxy.authority()))?;
    found.retain(|address| proxy.allows(address.ip()));
    match found.is_empty() {
        true => Err(Error::new(ErrorKind::Guarded, Retry::Never).at(proxy.authority())),
        false => Ok(in_turns(found)),
    }
}

async fn resolve(
    host: &str,
    port: u16,
    behalf: Behalf,
    to: &Inner,
    names: &Resolver,
) -> Result<Vec<SocketAddr>, Error> {
    let found = match known(host) {
        Some(known) => known,
        None => names.resolve(host, behalf, to.options.timeouts.dns).await.map_err(|why| match why {
            Unresolved::Failed(error) => failed(to, ErrorKind::Dns).because(error),
            Unresolved::Silent => failed(to, ErrorKind::DnsTimeout),
        })?,
    };
    Ok(found.into_iter().map(|address| SocketAddr::new(address, port)).collect())
}

/// What needs no resolver: an address, and names under `localhost`, which are loopback (RFC 6761 6.3); few systems'
/// resolvers know that.
fn known(host: &str) -> Option<Vec<IpAddr>> {
    if host.strip_suffix('.').unwrap_or(host).ends_with(".localhost") {
        return Some(vec![Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()]);
    }
    host.parse().ok().map(|address| vec![address])
}

/// RFC 8305 4: the families take turns, beginning with the one that the resolver put first.
fn in_turns(addresses: Vec<SocketAddr>) -> Vec<SocketAddr> {
    let first_is_v6 = addresses.first().is_some_and(SocketAddr::is_ipv6);
    let (preferred, other): (Vec<_>, Vec<_>) =
        addresses.into_iter().partition(|address| address.is_ipv6() == first_is_v6);
    let longest = preferred.len().max(other.len());
    (0..longest).flat_map(|i| preferred.get(i).into_iter().chain(other.get(i))).copied().collect()
}

/// Tries the addresses in order, the next one beside a silent one ("happy eyeballs"); gives the last failure when
/// none accepts.
async fn first_to_answer(addresses: Vec<SocketAddr>) -> io::Result<TcpStream> {
    let mut waiting = addresses.into_iter();
    let mut trying = FuturesUnordered::new();
    let mut last = io::Error::from(io::ErrorKind::AddrNotAvailable);
    loop {
        if let Some(address) = waiting.next() {
            trying.push(TcpStream::connect(address));
        }
        let patience = if waiting.len() == 0 { None } else { Some(NEXT_ADDRESS_AFTER) };
        match next_within(&mut trying, patience).await {
            Next::Connected(tcp) => return Ok(tcp),
            Next::Refused(error) => last = error,
            Next::Silent => {}
            Next::AllRefused if waiting.len() == 0 => return Err(last),
            Next::AllRefused => {}
        }
    }
}

enum Next {
    Connected(TcpStream),
    Refused(io::Error),
    Silent,
    AllRefused,
}

async fn next_within<F>(trying: &mut FuturesUnordered<F>, patience: Option<Duration>) -> Next
where
    F: Future<Output = io::Result<TcpStream>>,
{
    let answered = match patience {
        None => Ok(trying.next().await),
        Some(patience) => timeout(patience, trying.next()).await,
    };
    match answered {
        Err(_) => Next::Silent,
        Ok(None) => Next::AllRefused,
        Ok(Some(Ok(tcp))) => Next::Connected(tcp),
        Ok(Some(Err(error))) => Next::Refused(error),
    }
}

/// No Nagle: a small write must not wait for the other side's delayed acknowledgement.
fn tune(tcp: &TcpStream, settings: &ClientSettings) -> io::Result<()> {
    tcp.set_nodelay(true)?;
    let keepalive = TcpKeepalive::new().with_time(settings.tcp_keepalive);
    SockRef::from(tcp).set_tcp_keepalive(&keepalive)
}

async fn secure(to: &Inner, tcp: TcpStream) -> Result<Bytes, Error> {
    let refused = || Error::new(ErrorKind::Tls, Retry::Never).at(to.authority.as_str());
    let config = to.options.tls.config(to.options.version).map_err(|error| refused().because(error))?;
    let handshake = TlsConnector::from(config).connect(to.host.tls.clone(), tcp).await;
    Ok(Bytes::Tls(Box::new(handshake.map_err(|error| handshake_failed(to, error))?)))
}

/// What TLS itself refuses stays refused; a connection that broke may hold the next time.
fn handshake_failed(to: &Inner, error: io::Error) -> Error {
    let by_tls = error.get_ref().is_some_and(|cause| cause.is::<rustls::Error>());
    let retry = if by_tls { Retry::Never } else { Retry::Safe };
    Error::new(ErrorKind::Tls, retry).at(to.authority.as_str()).because(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn address_families_take_turns() {
        let parse =
            |texts: &[&str]| texts.iter().map(|text| text.parse().unwrap()).collect::<Vec<SocketAddr>>();
        let given = parse(&["[::1]:1", "[::2]:1", "[::3]:1", "1.1.1.1:1"]);
        assert_eq!(in_turns(given), parse(&["[::1]:1", "1.1.1.1:1", "[::2]:1", "[::3]:1"]));
    }

    #[test]
    fn addresses_and_names_under_localhost_need_no_resolver() {
        let loopback: Vec<IpAddr> = vec!["127.0.0.1".parse().unwrap(), "::1".parse().unwrap()];
        assert_eq!(known("main.vault.localhost"), Some(loopback.clone()));
        assert_eq!(known("main.localhost."), Some(loopback));
        assert_eq!(known("192.0.2.1"), Some(vec!["192.0.2.1".parse().unwrap()]));
        assert_eq!((known("notlocalhost"), known("localhost.example")), (None, None));
    }

    #[tokio::test]
    async fn the_next_address_is_tried_when_one_refuses() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let open = listener.local_addr().unwrap();
        let closed = {
            let gone = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
            gone.local_addr().unwrap()
        };
        let tcp = first_to_answer(vec![closed, open]).await.unwrap();
        assert_eq!(tcp.peer_addr().unwrap(), open);
        let error = first_to_answer(vec![closed]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionRefused);
    }
}
