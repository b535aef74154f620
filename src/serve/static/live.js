// Shows stories as they are committed. The server sends HTML that it has escaped.
import { follow } from "./follow.js";

const KEPT = 60;
const stories = document.getElementById("stories");
const news = document.getElementById("news");
const hold = document.getElementById("hold");
let stop = null;

const newest = () => stories.querySelector(".card")?.dataset.number ?? 0;

function add(html) {
  document.getElementById("waiting")?.remove();
  stories.insertAdjacentHTML("afterbegin", html);
  const card = stories.firstElementChild;
  card.classList.add("fresh");
  news.textContent = `New: ${card.dataset.headline}`;
  while (stories.children.length > KEPT) stories.lastElementChild.remove();
}

function begin() {
  stop = follow(() => `/events?${new URLSearchParams({ after: newest(), label: stories.dataset.label })}`, {
    story: add,
    notices: (html) => { document.getElementById("notices").innerHTML = html; },
    figures: (text) => { document.getElementById("figures").textContent = text; },
  });
}

hold.addEventListener("click", () => {
  const held = hold.getAttribute("aria-pressed") !== "true";
  hold.setAttribute("aria-pressed", held);
  hold.textContent = held ? "Resume updates" : "Pause updates";
  if (held) stop();
  else begin();
});
begin();
