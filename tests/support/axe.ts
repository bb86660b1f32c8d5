import { type AxeResults, source } from "axe-core";
import type { Page } from "playwright-core";

/** The serious and critical findings of axe on the page as it is now, as `rule: element`. */
export async function seriousFaults(page: Page): Promise<string[]> {
  // By the debugger, so that the page's own Content-Security-Policy does not forbid it.
  await page.evaluate(source);
  const { violations } = await page.evaluate<Pick<AxeResults, "violations">>(
    "axe.run({ resultTypes: ['violations'] })",
  );
  return violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`));
}
