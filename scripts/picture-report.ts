/**
 * Pictures of the demo's report, for the documentation, into docs/pictures:
 *
 *     npm run demo && npx tsx scripts/picture-report.ts
 */
import type { Page } from "playwright-core";
import { findChromium, startChromium } from "../test/rig/chromium.ts";

const PAGE = new URL("../experiments/demo/reports/report.html", import.meta.url).href;
const DESKTOP = { viewport: { width: 1280, height: 900 } } as const;
const PHONE = { viewport: { width: 390, height: 844 } } as const;

const executable = findChromium();
if (executable === undefined) throw new Error("There is no Chromium at a usual place: CHROMIUM names one.");
const browser = await startChromium(executable);

await picture("report", DESKTOP, async () => undefined);
await picture("report-dark", { ...DESKTOP, colorScheme: "dark" }, (page) =>
  scrollTo(page, "#steering details.pictures"),
);
await picture("report-phone", PHONE, (page) => scrollTo(page, "#steering details.pictures"));
await picture("report-phone-responses", PHONE, (page) => scrollTo(page, "#responses"));
await browser.close();

async function picture(
  name: string,
  options: Parameters<typeof browser.newPage>[0],
  prepare: (page: Page) => Promise<void>,
): Promise<void> {
  const page = await browser.newPage({ reducedMotion: "reduce", ...options });
  await page.goto(PAGE);
  await prepare(page);
  await page.screenshot({ path: new URL(`../docs/pictures/${name}.png`, import.meta.url).pathname });
  await page.close();
}

/** Below the bar that stays at the top. */
async function scrollTo(page: Page, place: string): Promise<void> {
  await page.evaluate(`scrollTo(0, document.querySelector("${place}").getBoundingClientRect().top - 60)`);
}
