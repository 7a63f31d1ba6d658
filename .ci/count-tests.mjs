// Prints "N passed, N failed" from vitest's JSON report; fails when something failed, or when no test ran.
import { readFileSync } from "node:fs";

const text = readFileSync(process.argv[2], "utf8");
if (text === "") {
  console.error("No tests ran.");
  process.exit(1);
}
const report = JSON.parse(text);
// A file that could not be loaded has no tests of its own to fail.
const brokenFiles = report.testResults.filter(
  (file) => file.status === "failed" && !file.assertionResults.some((test) => test.status === "failed"),
).length;
const failed = report.numFailedTests + brokenFiles;
console.log(`${report.numPassedTests} passed, ${failed} failed`);
if (failed > 0 || report.numPassedTests === 0) process.exitCode = 1;
