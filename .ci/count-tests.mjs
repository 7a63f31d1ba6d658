// Prints "N passed, N failed" from vitest's JSON reports; fails when something failed, or when a report has no tests.
import { readFileSync } from "node:fs";

let [passed, failed] = [0, 0];
for (const path of process.argv.slice(2)) {
  const text = readFileSync(path, "utf8");
  if (text === "") {
    console.error("No tests ran.");
    process.exit(1);
  }
  const report = JSON.parse(text);
  // A file that could not be loaded has no tests of its own to fail.
  const brokenFiles = report.testResults.filter(
    (file) => file.status === "failed" && !file.assertionResults.some((test) => test.status === "failed"),
  ).length;
  passed += report.numPassedTests;
  failed += report.numFailedTests + brokenFiles;
  if (report.numPassedTests === 0) process.exitCode = 1;
}
console.log(`${passed} passed, ${failed} failed`);
if (failed > 0) process.exitCode = 1;
