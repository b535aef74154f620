// Changes the feed list through the admin API. Text from feeds is inserted as text, never as HTML.
import { ask, element, run, show } from "./admin.js";
import "./reload.js";

const finds = document.getElementById("finds");
const REMOVE = "Confirm removal";

// Adds the typed user and password to feeds of the same origin; the API never returns them.
function withLogin(url, typed) {
  const [wanted, asked] = [new URL(url), URL.parse?.(typed)];
  if (asked?.origin === wanted.origin) [wanted.username, wanted.password] = [asked.username, asked.password];
  return wanted.href;
}

function preview(find, typed) {
  const box = element("section", "", { className: "find" });
  box.append(element("h3", find.title ?? "(no title)", { dir: "auto" }));
  const rate = find.entries_per_day ? `, about ${find.entries_per_day.toFixed(1)} a day` : "";
  box.append(element("p", `${find.format}: ${find.entries} ${find.entries === 1 ? "entry" : "entries"}${rate}`, { className: "note" }));
  box.append(element("p", find.url, { className: "id" }));
  if (find.kind === "page") box.append(element("p", "The site has no feed: this page is read as one, by its links to articles.", { className: "note" }));
  const list = element("ul", "");
  for (const entry of find.newest) {
    const item = element("li", entry.title ?? "(no title)", { dir: "auto" });
    if (entry.published) item.append(" ", element("time", entry.published.slice(0, 16).replace("T", " "), { dateTime: entry.published }));
    list.append(item);
  }
  box.append(list);
  if (find.listed_as) {
    box.append(element("p", `Already listed as ${find.listed_as}.`, { className: "none" }));
  } else {
    const label = element("label", "Id ");
    const id = element("input", "", { value: find.id, name: "id", autocomplete: "off" });
    label.append(id);
    const add = element("button", "Add this feed", { type: "button" });
    add.addEventListener("click", () => run(add, async () => {
      const feed = await ask("POST", "feeds", { url: withLogin(find.url, typed), kind: find.kind, id: id.value });
      show(`${feed.id} was added and will be polled soon.`);
      box.replaceChildren(element("p", `Added as ${feed.id}.`));
    }));
    box.append(label, add);
  }
  return box;
}

document.getElementById("find")?.addEventListener("submit", (event) => {
  event.preventDefault();
  const form = event.target;
  run(form.querySelector("button"), async () => {
    show("Searching\u2026");
    finds.replaceChildren();
    const typed = form.elements.url.value;
    const found = await ask("POST", "discover", { url: typed });
    finds.replaceChildren(...found.feeds.map((find) => preview(find, typed)), ...found.faults.map((fault) => element("p", `${fault.url}: ${fault.error}`, { className: "none" })));
    show(found.feeds.length === 1 ? "One feed was found." : `${found.feeds.length} feeds were found.`);
  });
});

// Opens a form below the row's labels, and closes it when it is open.
function editLabels(button, row, id, path) {
  const open = row.querySelector("form.labels");
  if (open) {
    open.remove();
    return;
  }
  const form = element("form", "", { className: "labels" });
  const label = element("label", `Labels of ${id}, separated by commas `);
  const input = element("input", "", { type: "text", name: "labels", value: button.dataset.labels, autocomplete: "off" });
  label.append(input);
  const save = element("button", "Save", { type: "submit" });
  form.append(label, save);
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    run(save, async () => {
      const labels = input.value.split(",").map((text) => text.trim()).filter((text) => text);
      const feed = await ask("PATCH", path, { labels });
      button.dataset.labels = feed.own_labels.join(", ");
      const link = (text) => element("a", text, { className: "tag label", href: `/feeds?${new URLSearchParams({ label: text })}` });
      row.querySelector("span.labels").replaceChildren(...feed.labels.flatMap((text) => [link(text), " "]));
      form.remove();
      button.focus();
      show(`The labels of ${id} were changed.`);
    });
  });
  row.querySelector("th").append(form);
  input.focus();
}

document.querySelector("table.feeds")?.addEventListener("click", (event) => {
  const button = event.target.closest("button[data-act]");
  if (!button) return;
  const row = button.closest("tr");
  const id = row.dataset.feed;
  const path = `feeds/${encodeURIComponent(id)}`;
  const act = button.dataset.act;
  if (act === "remove" && button.textContent !== REMOVE) {
    const before = button.textContent;
    button.textContent = REMOVE;
    show(`Press again to remove ${id} from the list; its published records stay.`);
    setTimeout(() => { button.textContent = before; }, 5000);
    return;
  }
  if (act === "labels") {
    editLabels(button, row, id, path);
    return;
  }
  run(button, async () => {
    if (act === "remove") {
      await ask("DELETE", path);
      row.remove();
      show(`${id} was removed.`);
    } else if (act === "poll") {
      const { due } = await ask("POST", `${path}/poll`);
      const wait = Math.round((new Date(due) - Date.now()) / 1000);
      show(wait > 1 ? `${id} will be polled in ${wait} s, within the limits of its server and the config.` : `${id} is being polled.`);
    } else {
      await ask("POST", `${path}/${act}`);
      const status = row.querySelector(".status");
      show(act === "pause" ? `${id} was paused.` : `${id} was resumed.`);
      status.textContent = act === "pause" ? "paused" : "resumed";
      status.className = `status ${act === "pause" ? "paused" : "waiting"}`;
      button.dataset.act = act === "pause" ? "resume" : "pause";
      button.textContent = act === "pause" ? "Resume" : "Pause";
      button.setAttribute("aria-label", `${button.textContent} ${id}`);
    }
  });
});
