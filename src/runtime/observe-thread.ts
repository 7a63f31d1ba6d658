import { parentPort, workerData } from "node:worker_threads";
import { look } from "./sighting.ts";
import type { Part } from "./state-file.ts";

/** Looks at a part of the state of one experiment, answers, and ends. */

if (parentPort === null) throw new Error("Internal error: what looks at the state was not started as a thread");
const port = parentPort;
const { folder, part } = workerData as { readonly folder: string; readonly part: Part };
port.postMessage(look(folder, part));
