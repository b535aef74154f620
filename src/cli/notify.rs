//! Notifications to the service manager (`sd_notify`).

use sd_notify::NotifyState;
use tracing::debug;

/// Sends states to the service manager that started this process, if one did. If sending fails, only this message is lost.
pub(super) fn send(states: &[NotifyState<'_>]) {
    // The send would block if the manager did not read its socket.
    if let Err(error) = tokio::task::block_in_place(|| sd_notify::notify(states)) {
        debug!(%error, "service manager not notified");
    }
}

/// Reports that the config is being reloaded; [`NotifyState::Ready`] reports the end.
pub(super) fn send_reloading() {
    // `Type=notify-reload` needs both states in one message.
    if let Ok(now) = NotifyState::monotonic_usec_now() {
        send(&[NotifyState::Reloading, now]);
    }
}
