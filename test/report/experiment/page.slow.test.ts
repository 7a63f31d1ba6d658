import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";
import type { AxeResults } from "axe-core";
import type { Browser, BrowserContextOptions, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import type { Task } from "../../../src/domain/task.ts";
import { findChromium, startChromium } from "../../rig/chromium.ts";
import { createSharedProject } from "../../rig/project.ts";
import { plant, PLANTED_SPEC } from "./planted.ts";
import { pageOf } from "./render.ts";

const PHONE = { width: 390, height: 844 };
const DESKTOP = { width: 1280, height: 900 };
const HOSTILE = `</script><img src=x onerror="document.title='owned'"><!--<script>{{experiment}}`;
/** More than the page shows at once. */
const QUESTIONS = [HOSTILE, ...Array.from({ length: 23 }, (_, index) => `Question ${index + 1}?`)];
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const executable = findChromium();

describe.skipIf(executable === undefined)(
  "the page in Chromium (skipped where there is none: CHROMIUM names it)",
  () => {
    const project = createSharedProject(PLANTED_SPEC);
    let browser: Browser;
    let url: string;

    beforeAll(async () => {
      browser = await startChromium(executable as string);
      const made = plant({ questions: QUESTIONS, answer: `${HOSTILE} says <b>the model</b>` }, project);
      project.write("report.html", await pageOf(made));
      url = pathToFileURL(project.path("report.html")).href;
    });
    afterAll(() => browser.close());

    /** The page, and everything that it asked for or complained of. */
    async function open(
      options: BrowserContextOptions = {},
    ): Promise<{ readonly page: Page; readonly noise: string[] }> {
      const context = await browser.newContext({ viewport: DESKTOP, ...options });
      onTestFinished(() => context.close());
      const page = await context.newPage();
      const noise: string[] = [];
      page.on("console", (message) => void noise.push(message.text()));
      page.on("pageerror", (error) => void noise.push(error.message));
      page.on("request", (request) => void (request.url() === url || noise.push(request.url())));
      await page.goto(url);
      return { page, noise };
    }

    test.each([
      ["phone", "light", PHONE],
      ["phone", "dark", PHONE],
      ["desktop", "light", DESKTOP],
      ["desktop", "dark", DESKTOP],
    ] as const)(
      "on a %s, %s: asks for nothing, complains of nothing, is accessible, and as wide as the window",
      async (_, colorScheme, viewport) => {
        const { page, noise } = await open({ colorScheme, viewport });
        for (const details of await page.locator("details").all()) {
          await details.evaluate((element: { open: boolean }) => (element.open = true));
        }
        await page.evaluate(AXE);
        const { violations } = await page.evaluate<AxeResults>("axe.run()");
        expect(violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`))).toEqual([]);
        expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(viewport.width);
        expect(await page.title()).toBe("Report of small");
        expect(noise).toEqual([]);
      },
    );

    test("is no wider for a long name of what is missing, or an answer without a space", async () => {
      const failed = "steering/tiny_natural/sycophancy/base/response__10/mean_diff";
      const isDone = ({ id, needs }: Task): boolean => id !== failed && !needs.includes(failed);
      project.write("part.html", await pageOf(plant({ answer: "x", times: 3000, isDone }, project)));
      const { page } = await open({ viewport: PHONE });
      await page.goto(pathToFileURL(project.path("part.html")).href);
      expect(await page.locator("#steering").textContent()).toContain(failed);
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(PHONE.width);
    });

    test("is dark where the reader's screen is", async () => {
      const background = async (colorScheme: "light" | "dark"): Promise<unknown> => {
        const { page } = await open({ colorScheme });
        return page.evaluate("getComputedStyle(document.body).backgroundColor");
      };
      expect([await background("light"), await background("dark")]).toEqual(["rgb(255, 255, 255)", "rgb(20, 23, 28)"]);
    });

    test("everything that can be used is reached with the tab key, and opened with enter", async () => {
      const { page } = await open();
      await page.keyboard.press("Tab");
      expect(await page.evaluate("document.activeElement.textContent")).toBe("Skip to the report");
      const wanted = await page.evaluate<number>(
        `[...document.querySelectorAll("a, summary, input, select, button, [tabindex='0']")].filter((one) => one.checkVisibility()).length`,
      );
      for (let presses = 1; presses < wanted; presses++) {
        await page.evaluate("document.activeElement.dataset.reached = ''");
        await page.keyboard.press("Tab");
      }
      await page.evaluate("document.activeElement.dataset.reached = ''");
      expect(await page.locator("[data-reached]").count()).toBe(wanted);
      const folded = page.locator("details:not([open]) > summary");
      const before = await folded.count();
      await folded.first().focus();
      await page.keyboard.press("Enter");
      expect(await folded.count()).toBe(before - 1);
    });

    test("the responses' filters filter, and what models wrote is text", async () => {
      const { page } = await open();
      const [filters, items, count] = ["#filters", "#answers > li", "#count"].map((place) => page.locator(place)) as [
        Locator,
        Locator,
        Locator,
      ];
      const titles = () => items.locator("h3").allTextContents();
      expect(await count.textContent()).toBe("24 of 24 answers: mean Δ +35.5, mean coherence 85.0");
      expect((await titles())[0]).toBe(HOSTILE);
      expect(await items.first().locator("p").allTextContents()).toEqual([
        `${HOSTILE} says <b>the model</b>`,
        `${HOSTILE} says <b>the model</b>`,
      ]);

      expect(await items.count()).toBe(20);
      await page.getByRole("button", { name: "Show more" }).click();
      expect(await items.count()).toBe(24);
      expect(await page.evaluate("document.activeElement.querySelector('h3').textContent")).toBe("Question 20?");

      await filters.getByLabel("Order").selectOption("Δ, largest first");
      expect((await titles())[0]).toBe("Question 23?");

      await filters.getByLabel("Text").fill("question 1?");
      expect(await titles()).toEqual(["Question 1?"]);
      await filters.getByLabel("Text").fill("");

      await filters.getByLabel("Evaluation").selectOption("layer 3, coefficient 8.25");
      expect(await count.textContent()).toBe("24 of 24 answers: mean Δ +38.3, mean coherence 60.0");
      await filters.getByLabel("Least coherence").fill("61");
      expect(await count.textContent()).toBe("0 of 24 answers");
      await filters.getByLabel("Least coherence").fill("0");

      await filters.getByLabel("Steered by").selectOption("system prompt, questions of tiny_natural/sycophancy");
      expect(await page.locator("#shown").textContent()).toBe(
        "system prompt, questions of tiny_natural/sycophancy: Agree.",
      );
      expect(await items.first().locator("h4").allTextContents()).toEqual([
        "Unsteered",
        "With the system prompt, Δ +51.5",
      ]);
    });

    test("on paper: no navigation, no filters, pictures open; afterwards as before", async () => {
      const { page } = await open();
      const folded = page.locator("details.pictures:not([open])");
      const before = await folded.count();
      expect(before).toBeGreaterThan(0);
      await page.emulateMedia({ media: "print" });
      await page.evaluate(`dispatchEvent(new Event("beforeprint"))`);
      expect(await folded.count()).toBe(0);
      expect(await page.locator("nav").isVisible()).toBe(false);
      expect(await page.getByLabel("Trait", { exact: true }).isVisible()).toBe(false);
      expect(await page.locator("figure svg").first().isVisible()).toBe(true);
      await page.evaluate(`dispatchEvent(new Event("afterprint"))`);
      expect(await folded.count()).toBe(before);
      expect((await page.pdf({ format: "A4" })).length).toBeGreaterThan(10_000);
    });

    test("without JavaScript all but the responses is there, and where they are is said", async () => {
      const { page } = await open({ javaScriptEnabled: false });
      expect(await page.locator("figure svg").first().isVisible()).toBe(true);
      expect(await page.locator("noscript").textContent()).toContain("responses.jsonl");
    });
  },
);
