//! Tells a gateway that runs on the same state directory of a change.

use std::net::SocketAddr;
use std::path::Path;
use std::time::Duration;

use http::{Method, Request, StatusCode};
use http_body_util::Empty;
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::cmd::serve::notice;
use crate::console;

/// How long the gateway gets to answer.
const PATIENCE: Duration = Duration::from_secs(5);

/// Tells the gateway, and the person what came of it.
pub(super) async fn gateway(state_dir: &Path) {
    let Some(admin) = notice::read(state_dir) else {
        console::err(
            "no gateway with an admin listener runs on this state directory; one without takes the change within a second, others when they start\n",
        );
        return;
    };
    match tokio::time::timeout(PATIENCE, post(admin)).await {
        Ok(Ok(StatusCode::OK)) => console::err("in effect\n"),
        Ok(Ok(status)) => console::err(&format!(
            "the gateway at {admin} answered {status}; it takes the change within a second\n"
        )),
        Ok(Err(_)) | Err(_) => {
            console::err(&format!(
                "no gateway answers at {admin}; the change takes effect when one starts\n"
            ));
        }
    }
}

async fn post(admin: SocketAddr) -> anyhow::Result<StatusCode> {
    let stream = TcpStream::connect(admin).await?;
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    let driving = tokio::spawn(connection);
    let request = Request::builder()
        .method(Method::POST)
        .uri("/-/subscriptions/reload")
        .header("host", admin.to_string())
        .body(Empty::<bytes::Bytes>::new())?;
    let response = sender.send_request(request).await?;
    driving.abort();
    Ok(response.status())
}
