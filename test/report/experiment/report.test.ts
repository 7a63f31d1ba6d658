import { expect, test } from "vitest";
import { escapeMarkdown } from "../../../src/report/experiment/markdown.ts";
import { createProject } from "../../rig/project.ts";

test("text from data is no markup in Markdown; names of vector sets stay readable", () => {
  expect(escapeMarkdown("a|b <b>*x*\n# y")).toBe(String.raw`a\|b \<b>\*x\* # y`);
  expect(escapeMarkdown("response[:5] mean_diff +1.0")).toBe("response[:5] mean_diff +1.0");
});

test("what has not run is said to be missing; a run's report answers, and is a small page without a network", async () => {
  const project = createProject();
  await project.run("report");
  expect(project.read("experiments/small/reports/report.md")).toContain("*Not run yet, or out of date");
  await project.apply();
  const page = project.read("experiments/small/reports/report.html");
  expect(page.length).toBeLessThan(5_000_000);
  expect(page).toContain("<svg");
  expect(page).not.toMatch(/(?:src|href)="(?:https?:)?\/\//);
  expect(project.read("experiments/small/reports/report.md")).toContain("**Which vector steers sycophancy best?**");
});
