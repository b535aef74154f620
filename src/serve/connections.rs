//! Limits on connections: their number, so clients of the pages take no descriptors from polls, and the time for those that send
//! nothing.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::serve::Listener;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;
use tower_http::add_extension::AddExtension;

/// The time limit for the head of a request, and for an idle connection.
const HEAD_WITHIN: Duration = Duration::from_secs(30);

/// Serves until stopped, then answers the pending requests. Connections above `most` wait in the system's queue.
pub(super) async fn serve(listener: TcpListener, router: Router, most: usize, stop: CancellationToken) {
    serve_within(HEAD_WITHIN, listener, router, most, stop).await;
}

async fn serve_within(head: Duration, mut listener: TcpListener, router: Router, most: usize, stop: CancellationToken) {
    let room = Arc::new(Semaphore::new(most));
    let open = GracefulShutdown::new();
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(head);
    loop {
        let (permit, stream, peer) = tokio::select! {
            accepted = accept(&mut listener, &room) => accepted,
            () = stop.cancelled() => break,
        };
        let service = AddExtension::new(router.clone(), ConnectInfo(peer));
        let connection = http.serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
        let connection = open.watch(connection);
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::trace!(%peer, %error, "connection failed");
            }
            drop(permit);
        });
    }
    drop(listener);
    open.shutdown().await;
}

async fn accept(listener: &mut TcpListener, room: &Arc<Semaphore>) -> (OwnedSemaphorePermit, TcpStream, SocketAddr) {
    let permit = Arc::clone(room).acquire_owned().await.expect("the semaphore is never closed");
    // axum's `accept` retries when no descriptor is free.
    let (stream, peer) = Listener::accept(listener).await;
    (permit, stream, peer)
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use axum::body::Body;
    use axum::routing::{get, post};
    use futures_util::{Stream, StreamExt, stream};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::time::timeout;

    use super::*;
    use crate::serve::limits::in_time;

    const SOON: Duration = Duration::from_millis(200);
    const LATE: Duration = Duration::from_secs(10);

    /// Returns six ticks, half of one of the time limits apart.
    fn ticks() -> impl Stream<Item = Result<&'static str, Infallible>> {
        stream::iter(0..6).then(|_| async {
            tokio::time::sleep(SOON / 2).await;
            Ok("tick ")
        })
    }

    async fn start(most: usize) -> (SocketAddr, CancellationToken) {
        let slow = || async { std::future::pending::<()>().await };
        let router = Router::new()
            .route("/", get(|| async { "hello" }))
            .route("/slow", get(slow))
            .route("/stream", get(|| async { Body::from_stream(ticks()) }))
            .route("/body", post(|body: String| async { body }))
            .layer(in_time(SOON));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        tokio::spawn(serve_within(SOON, listener, router, most, stop.clone()));
        (address, stop)
    }

    /// Sends this text and returns what arrives until the server closes the connection.
    async fn until_closed(address: SocketAddr, request: &str) -> String {
        let mut client = TcpStream::connect(address).await.unwrap();
        client.write_all(request.as_bytes()).await.unwrap();
        let mut reply = String::new();
        timeout(LATE, client.read_to_string(&mut reply)).await.expect("the server closes the connection").unwrap();
        reply
    }

    #[tokio::test]
    async fn whoever_sends_nothing_or_half_a_request_is_closed() {
        let (address, _) = start(9).await;
        assert_eq!(until_closed(address, "").await, "");
        assert!(!until_closed(address, "GET / HTTP/1.1\r\nhost: x\r\n").await.contains("200 OK"));
        // The server closes an answered connection when no further request comes.
        assert!(until_closed(address, "GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.ends_with("hello"));
    }

    #[tokio::test]
    async fn a_slow_answer_and_a_slow_body_end_in_time() {
        let (address, _) = start(9).await;
        for request in
            ["GET /slow HTTP/1.1\r\nhost: x\r\n\r\n", "POST /body HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nhalf"]
        {
            let reply = until_closed(address, request).await;
            assert!(reply.starts_with("HTTP/1.1 408"), "{request}: {reply}");
        }
    }

    #[tokio::test]
    async fn an_answer_that_has_begun_goes_on_past_the_limits() {
        let (address, _) = start(9).await;
        let reply = until_closed(address, "GET /stream HTTP/1.1\r\nhost: x\r\n\r\n").await;
        assert_eq!(reply.matches("tick ").count(), 6, "{reply}");
    }

    #[tokio::test]
    async fn no_more_connections_are_open_than_there_is_room_for() {
        let (address, _) = start(1).await;
        let mut first = TcpStream::connect(address).await.unwrap();
        first.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        let mut byte = [0];
        first.read_exact(&mut byte).await.unwrap();
        let mut second = TcpStream::connect(address).await.unwrap();
        second.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        assert!(timeout(SOON / 4, second.read_exact(&mut byte)).await.is_err(), "the second waits");
        drop(first);
        timeout(LATE, second.read_exact(&mut byte)).await.expect("the second is served").unwrap();
    }

    #[tokio::test]
    async fn a_stop_ends_idle_connections_and_accepts_no_more() {
        let (address, stop) = start(9).await;
        let mut idle = TcpStream::connect(address).await.unwrap();
        idle.write_all(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n").await.unwrap();
        let mut byte = [0];
        idle.read_exact(&mut byte).await.unwrap();
        stop.cancel();
        let mut rest = String::new();
        timeout(LATE, idle.read_to_string(&mut rest)).await.unwrap().unwrap();
        let refused = async {
            while TcpStream::connect(address).await.is_ok() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        timeout(LATE, refused).await.expect("the listener is closed");
    }
}
