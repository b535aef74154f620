// Applies the rules to blocked entries through the admin API.
import { ask, run, show } from "./admin.js";

document.getElementById("apply")?.addEventListener("click", (event) => run(event.target, async () => {
  const { blocked, readmitted, feeds } = await ask("POST", "rules/apply");
  show(`${readmitted} of ${blocked} blocked entries are let in; feeds: ${feeds}.`);
}));
