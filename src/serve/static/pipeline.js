// Shows how the work goes on. The server sends HTML of its own making.
import { follow } from "./follow.js";

const throughput = document.getElementById("throughput");
follow(() => "/events/pipeline", { throughput: (html) => { throughput.innerHTML = html; } });
