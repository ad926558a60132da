//! The admin listener of a gateway that runs on this machine, asked by the command line.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context as _, bail};
use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// What is waited for.
#[derive(Clone, Copy, Debug)]
pub(super) struct Patience {
    /// How long the gateway gets to answer.
    pub(super) time: Duration,
    /// Bytes of an answer at most.
    pub(super) longest: usize,
}

impl Patience {
    /// For answers that are short.
    const SHORT: Self = Self { time: Duration::from_secs(5), longest: 1 << 20 };
}

/// Asks, without a body.
///
/// # Errors
/// When nobody answers there within 5 seconds, or with more than 1 MiB.
pub(super) async fn ask(
    admin: SocketAddr,
    method: Method,
    path: &str,
) -> anyhow::Result<(StatusCode, Bytes)> {
    ask_for(admin, method, path, Patience::SHORT).await
}

/// The same, for answers that may be long.
///
/// # Errors
/// When nobody answers there in that time, or with more than that.
pub(super) async fn ask_for(
    admin: SocketAddr,
    method: Method,
    path: &str,
    patience: Patience,
) -> anyhow::Result<(StatusCode, Bytes)> {
    let asked = exchange(reachable(admin), method, path, patience.longest);
    match tokio::time::timeout(patience.time, asked).await {
        Ok(answer) => answer,
        Err(_) => bail!("no answer within {} seconds", patience.time.as_secs()),
    }
}

async fn exchange(
    admin: SocketAddr,
    method: Method,
    path: &str,
    longest: usize,
) -> anyhow::Result<(StatusCode, Bytes)> {
    let stream = TcpStream::connect(admin).await?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let driving = tokio::spawn(connection);
    let request = Request::builder().method(method).uri(path).header("host", admin.to_string());
    let response = sender.send_request(request.body(Empty::<Bytes>::new())?).await?;
    let status = response.status();
    let body = Limited::new(response.into_body(), longest).collect().await;
    driving.abort();
    let body = body.map_err(|error| anyhow::anyhow!(error)).context("the answer cannot be read")?;
    Ok((status, body.to_bytes()))
}

/// Where a listener on all addresses can be reached from here.
fn reachable(admin: SocketAddr) -> SocketAddr {
    let loopback: IpAddr = match admin.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(loopback, admin.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listener_on_all_addresses_is_reached_on_loopback() {
        for (bound, reached) in [
            ("0.0.0.0:8081", "127.0.0.1:8081"),
            ("[::]:8081", "[::1]:8081"),
            ("127.0.0.1:9", "127.0.0.1:9"),
            ("10.1.2.3:9", "10.1.2.3:9"),
        ] {
            assert_eq!(reachable(bound.parse().unwrap()).to_string(), reached);
        }
    }
}
