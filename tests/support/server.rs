//! An HTTP server on loopback.

use axum::Router;
use tokio::net::TcpListener;
use tokio::runtime::{Builder, Runtime};

/// A server that runs until dropped.
pub struct Server {
    /// `http://host:port`
    pub base: String,
    pub runtime: Runtime,
}

impl Server {
    /// Starts a server with the router that the function makes from its address.
    pub fn start(router: impl FnOnce(&str) -> Router) -> Self {
        Self::on("127.0.0.1", router)
    }

    /// Does the same on another loopback address.
    pub fn on(address: &str, router: impl FnOnce(&str) -> Router) -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let listener = runtime.block_on(TcpListener::bind((address, 0))).unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let router = router(&base);
        runtime.spawn(async move { axum::serve(listener, router).await });
        Self { base, runtime }
    }
}
