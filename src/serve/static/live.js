// Takes stories as they are committed. The server sends escaped HTML of its own making.
"use strict";
const stories = document.getElementById("stories");
const kept = 60;

function add(html) {
  document.getElementById("waiting")?.remove();
  stories.insertAdjacentHTML("afterbegin", html);
  while (stories.children.length > kept) stories.lastElementChild.remove();
}

const newest = stories.querySelector(".story")?.dataset.number ?? 0;
const events = new EventSource(`/events?after=${newest}`);
events.addEventListener("story", (event) => add(JSON.parse(event.data)));
events.addEventListener("notices", (event) => { document.getElementById("notices").innerHTML = JSON.parse(event.data); });
events.addEventListener("stats", (event) => { document.getElementById("stats").textContent = JSON.parse(event.data); });
