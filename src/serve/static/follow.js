// Follows a stream of server-sent events; a hidden page closes its stream.

// Opens the stream at `address()` and passes its events to the handlers. Returns a function that closes it for good.
export function follow(address, handlers) {
  let events = null;
  let over = false;
  const open = () => {
    if (events || over || document.hidden) return;
    events = new EventSource(address());
    for (const [name, handle] of Object.entries(handlers)) {
      events.addEventListener(name, (event) => handle(JSON.parse(event.data)));
    }
  };
  const close = () => {
    events?.close();
    events = null;
  };
  document.addEventListener("visibilitychange", () => (document.hidden ? close() : open()));
  addEventListener("pagehide", close);
  addEventListener("pageshow", open);
  open();
  return () => {
    over = true;
    close();
  };
}
