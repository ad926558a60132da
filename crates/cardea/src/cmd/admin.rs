//! The admin listener of a gateway that runs on this machine, asked by the command line.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use anyhow::{Context as _, bail};
use bytes::Bytes;
use http::{Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Empty, Limited};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

/// How long the gateway gets to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Bytes of an answer at most.
const LONGEST: usize = 1 << 20;

/// Asks, without a body.
///
/// # Errors
/// When nobody answers there within 5 seconds, or with more than 1 MiB.
pub(super) async fn ask(
    admin: SocketAddr,
    method: Method,
    path: &str,
) -> anyhow::Result<(StatusCode, Bytes)> {
    match tokio::time::timeout(PATIENCE, exchange(reachable(admin), method, path)).await {
        Ok(answer) => answer,
        Err(_) => bail!("no answer within {} seconds", PATIENCE.as_secs()),
    }
}

async fn exchange(admin: SocketAddr, method: Method, path: &str) -> anyhow::Result<(StatusCode, Bytes)> {
    let stream = TcpStream::connect(admin).await?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let driving = tokio::spawn(connection);
    let request = Request::builder().method(method).uri(path).header("host", admin.to_string());
    let response = sender.send_request(request.body(Empty::<Bytes>::new())?).await?;
    let status = response.status();
    let body = Limited::new(response.into_body(), LONGEST).collect().await;
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
