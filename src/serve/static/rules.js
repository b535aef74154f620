// Applies the rules to blocked entries through the admin API.
const message = document.getElementById("message");
const KEY = "dateline-token";

function show(text, bad = false) {
  message.textContent = text;
  message.classList.toggle("bad", bad);
}

document.getElementById("token")?.addEventListener("submit", (event) => {
  event.preventDefault();
  sessionStorage.setItem(KEY, event.target.elements.token.value);
  show("The token is used until this tab is closed.");
  event.target.reset();
});

document.getElementById("apply")?.addEventListener("click", async (event) => {
  const button = event.target;
  button.disabled = true;
  try {
    const headers = { "X-Dateline": "1" };
    const token = sessionStorage.getItem(KEY);
    if (token) headers.Authorization = `Bearer ${token}`;
    const answer = await fetch("/api/v1/rules/apply", { method: "POST", headers });
    const value = await answer.json();
    if (answer.status === 401) document.getElementById("sign")?.setAttribute("open", "");
    if (!answer.ok) throw new Error(value.error ?? answer.statusText);
    show(`${value.readmitted} of ${value.blocked} blocked entries are let in, of ${value.feeds} feeds.`);
  } catch (error) {
    show(error.message, true);
  } finally {
    button.disabled = false;
  }
});
