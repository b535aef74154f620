// Reloads the config through the admin API, and shows what changed.
import { ask, element, run, show } from "./admin.js";

const report = document.getElementById("reloaded");

function list(title, changes) {
  if (changes.length === 0) return [];
  const items = element("ul", "");
  for (const { key, old, new: now } of changes) {
    items.append(element("li", `${key}: ${old ?? "unset"} \u2192 ${now ?? "unset"}`));
  }
  return [element("h3", title), items];
}

document.getElementById("reload")?.addEventListener("click", (event) => run(event.target, async () => {
  report.replaceChildren();
  const { changed, after_restart: later, feeds } = await ask("POST", "reload");
  report.append(
    element("p", `Feeds: ${feeds.added} added, ${feeds.removed} removed, ${feeds.changed} changed.`),
    ...list("Changed", changed),
    ...list("Restart the daemon to apply", later),
  );
  show(changed.length + later.length === 0 ? "The config was reloaded; no key changed." : "The config was reloaded.");
}));
