//! The network between instances and brokers: forwards bytes, delays them or drops them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};

/// Everything is dropped silently.
const CUT: u64 = u64::MAX;

/// A network for all brokers.
#[derive(Clone, Default)]
pub struct Network {
    /// The delay of each piece in milliseconds, or [`CUT`].
    delay: Arc<AtomicU64>,
}

impl Network {
    /// Forwards each first port to the second one.
    pub fn start(&self, runtime: &tokio::runtime::Runtime, pairs: Vec<(u16, u16)>) {
        for (from, to) in pairs {
            let listener = runtime.block_on(TcpListener::bind(("127.0.0.1", from))).unwrap();
            let network = self.clone();
            runtime.spawn(async move {
                while let Ok((client, _)) = listener.accept().await {
                    let network = network.clone();
                    tokio::spawn(async move { network.connect(client, to).await });
                }
            });
        }
    }

    /// Delays every piece by this time.
    pub fn delay(&self, by: Duration) {
        self.delay.store(by.as_millis() as u64, Ordering::Relaxed);
    }

    /// Drops everything.
    pub fn cut(&self) {
        self.delay.store(CUT, Ordering::Relaxed);
    }

    async fn connect(&self, client: TcpStream, to: u16) {
        self.pass().await;
        let Ok(server) = TcpStream::connect(("127.0.0.1", to)).await else { return };
        let _ = (client.set_nodelay(true), server.set_nodelay(true));
        let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
        tokio::join!(self.forward(from_client, to_server), self.forward(from_server, to_client));
    }

    async fn forward(&self, mut from: OwnedReadHalf, mut to: OwnedWriteHalf) {
        let mut piece = vec![0; 64 << 10];
        while let Ok(length @ 1..) = from.read(&mut piece).await {
            self.pass().await;
            if to.write_all(&piece[..length]).await.is_err() {
                return;
            }
        }
    }

    /// Waits for the delay of the network.
    async fn pass(&self) {
        loop {
            match self.delay.load(Ordering::Relaxed) {
                0 => return,
                CUT => tokio::time::sleep(Duration::from_millis(50)).await,
                late => return tokio::time::sleep(Duration::from_millis(late)).await,
            }
        }
    }
}
