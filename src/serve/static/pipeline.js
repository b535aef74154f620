// Shows the figures of the pipeline. The server sends HTML that it has escaped.
import { follow } from "./follow.js";

const throughput = document.getElementById("throughput");
follow(() => "/events/pipeline", { throughput: (html) => { throughput.innerHTML = html; } });
