import { parentPort, workerData } from "node:worker_threads";
import { look } from "./sighting.ts";

/** Looks at the state of one experiment, answers, and ends. */

if (parentPort === null) throw new Error("Internal error: what looks at the state was not started as a thread");
const port = parentPort;
port.postMessage(look((workerData as { readonly folder: string }).folder));
