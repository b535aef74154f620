// Reloads the config through the admin API, and shows what changed.
import { ask, element, run, show } from "./admin.js";

const report = document.getElementById("reloaded");

// A change without values says how many more there are.
const words = ({ key, old, new: now }) => old === null && now === null ? key : `${key}: ${old ?? "unset"} \u2192 ${now ?? "unset"}`;

const feed = ({ id, what, keys }) => `${what} ${id}${keys.length > 0 ? ` (${keys.map(words).join(", ")})` : ""}`;

function list(title, lines) {
  if (lines.length === 0) return [];
  const items = element("ul", "");
  items.append(...lines.map((line) => element("li", line)));
  return [element("h3", title), items];
}

document.getElementById("reload")?.addEventListener("click", (event) => run(event.target, async () => {
  report.replaceChildren();
  const { changed, after_restart: later, feeds, changed_feeds: named, more_feeds: more } = await ask("POST", "reload");
  report.append(
    element("p", `Feeds: ${feeds.added} added, ${feeds.removed} removed, ${feeds.changed} changed.`),
    ...list("Changed feeds", [...named.map(feed), ...(more > 0 ? [`and ${more} more`] : [])]),
    ...list("Changed", changed.map(words)),
    ...list("Restart the daemon to apply", later.map(words)),
  );
  show(changed.length + later.length === 0 ? "The config was reloaded; no key changed." : "The config was reloaded.");
}));
