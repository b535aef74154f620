// Requests to the admin API, and what the page says of them. Text from feeds is inserted as text, never as HTML.
const message = document.getElementById("message");
const KEY = "dateline-token";

export function show(text, bad = false) {
  message.textContent = text;
  message.classList.toggle("bad", bad);
}

export async function ask(method, path, body) {
  const headers = { "X-Dateline": "1" };
  const token = sessionStorage.getItem(KEY);
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body) headers["Content-Type"] = "application/json";
  const answer = await fetch(`/api/v1/${path}`, { method, headers, body: body && JSON.stringify(body) });
  const value = answer.status === 204 ? {} : await answer.json();
  if (answer.status === 401) document.getElementById("sign")?.setAttribute("open", "");
  if (!answer.ok) throw new Error(value.error ?? answer.statusText);
  return value;
}

export function element(name, text, more = {}) {
  const made = document.createElement(name);
  made.textContent = text;
  return Object.assign(made, more);
}

// Runs the work of a button, which is disabled meanwhile; an error is shown.
export async function run(button, work) {
  button.disabled = true;
  try {
    await work();
  } catch (error) {
    show(error.message, true);
  } finally {
    button.disabled = false;
  }
}

document.getElementById("token")?.addEventListener("submit", (event) => {
  event.preventDefault();
  sessionStorage.setItem(KEY, event.target.elements.token.value);
  show("The token is used until this tab is closed.");
  event.target.reset();
});
