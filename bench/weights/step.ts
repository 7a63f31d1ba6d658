/**
 * One step of a weight analysis in a process of its own, for its peak memory. Prints {"seconds", "cpuSeconds",
 * "peakBytes"}.
 *
 *     node --import tsx bench/weights/step.ts <step> <from> <to> <vector sets> <null directions> <top k>
 */
import {
  logitLensTokens,
  openWeightPair,
  residualChanges,
  WeightAligner,
  weightNorms,
} from "../../src/engine/weights-analysis/index.ts";
import { randomDirection } from "../../src/methods/random.ts";

const [step, fromDir = "", toDir = "", ...counts] = process.argv.slice(2);
const [vectorSets = 0, nullDirections = 0, topK = 0] = counts.map(Number);
const [began, usedBefore] = [performance.now(), process.cpuUsage()];
const pair = openWeightPair(fromDir, toDir);
const { layers, hiddenSize } = pair;

if (step === "norms") await weightNorms(pair);
if (step === "logit_lens") {
  const vectors = Array.from({ length: vectorSets * layers }, (_, index) =>
    Float64Array.from(randomDirection(`vector ${index}`, hiddenSize)),
  );
  await logitLensTokens(pair, [...(await residualChanges(pair)), ...vectors], topK);
}
if (step === "trait_alignment") {
  const directions = new Float32Array((vectorSets + nullDirections) * hiddenSize);
  for (let index = 0; index < vectorSets + nullDirections; index++) {
    directions.set(randomDirection(`${index}`, hiddenSize), index * hiddenSize);
  }
  const aligner = new WeightAligner(pair);
  const waiting = Array.from({ length: layers }).keys();
  const alignNext = async () => {
    for (const layer of waiting) await aligner.layer(layer, directions);
  };
  await Promise.all(Array.from({ length: aligner.threads }, alignNext));
  await aligner.close();
}

const seconds = (performance.now() - began) / 1000;
const { user, system } = process.cpuUsage(usedBefore);
const peakBytes = process.resourceUsage().maxRSS * 1024;
console.log(JSON.stringify({ seconds, cpuSeconds: (user + system) / 1e6, peakBytes }));
