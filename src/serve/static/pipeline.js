// Shows how the work goes on. The server sends HTML of its own making.
import { follow } from "./follow.js";

const flow = document.getElementById("flow");
follow(() => "/events/pipeline", { flow: (html) => { flow.innerHTML = html; } });
