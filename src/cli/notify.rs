//! Talks to systemd (`sd_notify`): ready, stopping, alive, and what the daemon is about.

use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::time::Duration;

/// The socket of the service manager that started this process.
#[derive(Debug)]
pub struct Notifier {
    socket: UnixDatagram,
    to: SocketAddr,
    /// How often it wants to hear that the process is alive, where it does.
    pub watchdog: Option<Duration>,
}

impl Notifier {
    /// Where the environment names a socket. A manager that cannot be reached is none.
    pub fn from_environment() -> Option<Self> {
        let name = std::env::var_os("NOTIFY_SOCKET")?;
        let number = |name| std::env::var(name).ok()?.parse::<u64>().ok();
        let mine = number("WATCHDOG_PID").is_none_or(|id| id == u64::from(std::process::id()));
        let watchdog = number("WATCHDOG_USEC").filter(|_| mine).map(Duration::from_micros);
        Self::new(name.as_bytes(), watchdog)
    }

    /// A path, or `@` and an abstract name.
    fn new(name: &[u8], watchdog: Option<Duration>) -> Option<Self> {
        let to = match name {
            [b'@', name @ ..] => SocketAddr::from_abstract_name(name),
            name => SocketAddr::from_pathname(std::ffi::OsStr::from_bytes(name)),
        };
        let socket = UnixDatagram::unbound().ok()?;
        socket.set_nonblocking(true).ok()?;
        Some(Self { socket, to: to.ok()?, watchdog })
    }

    /// Tells a state, as `READY=1`. What the manager does not take is lost: it is told again soon, or not of weight.
    pub fn tell(&self, state: &str) {
        let _ = self.socket.send_to_addr(state.as_bytes(), &self.to);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manager_hears_by_path_and_by_abstract_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("notify");
        let name = format!("dateline-notify-{}", std::process::id());
        for (socket, said) in [
            (UnixDatagram::bind(&path).unwrap(), path.as_os_str().as_bytes().to_vec()),
            (
                UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(&name).unwrap()).unwrap(),
                format!("@{name}").into_bytes(),
            ),
        ] {
            Notifier::new(&said, None).unwrap().tell("READY=1");
            let mut buffer = [0; 64];
            let length = socket.recv(&mut buffer).unwrap();
            assert_eq!(&buffer[..length], b"READY=1");
        }
    }
}
