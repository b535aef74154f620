//! Notifications to the service manager (`sd_notify`).

use sd_notify::NotifyState;
use tracing::debug;

/// Sends states to the service manager that started this process, if one did. A failure only costs this message.
pub fn send(states: &[NotifyState<'_>]) {
    // The send waits for a manager that does not read its socket.
    if let Err(error) = tokio::task::block_in_place(|| sd_notify::notify(states)) {
        debug!(%error, "service manager not notified");
    }
}

/// Reports that the config is being read again; [`NotifyState::Ready`] ends that.
pub fn send_reloading() {
    // `Type=notify-reload` wants both in one message.
    if let Ok(now) = NotifyState::monotonic_usec_now() {
        send(&[NotifyState::Reloading, now]);
    }
}
