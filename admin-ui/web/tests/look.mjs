// Opens a page of the dashboard and says what is wrong with it: an error in the console (a breach of the content
// policy is one), no data, a page wider than its window, a serious finding of axe. Pictures go to $PICTURES, if set.

import { join } from 'node:path';
import axe from 'axe-core';
import { chromium } from 'playwright-core';

/** A Chromium: $CHROMIUM or Debian's. */
export function launch() {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    args: process.getuid() === 0 ? ['--no-sandbox'] : [],
  });
}

/** Waits until the page shows the words; a fault if it does not. */
export async function shows(page, words, faults) {
  const found = page.getByText(words).filter({ visible: true }).first();
  await found.waitFor({ timeout: 10_000 }).catch(() => faults.push(`no "${words}"`));
}

/** A fault for each serious finding of axe. */
export async function examine(page, faults) {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  for (const { id, impact, nodes } of violations) {
    if (impact === 'serious' || impact === 'critical') faults.push(`axe ${id}: ${nodes[0].html}`);
  }
}

async function judge(page, words, picture) {
  const faults = [];
  await shows(page, words, faults);
  await shows(page, '● Live', faults);
  if (process.env.PICTURES)
    await page.screenshot({ path: join(process.env.PICTURES, `${picture}.png`) });
  const [wide, window_wide] = await page.evaluate(() => [
    document.documentElement.scrollWidth,
    innerWidth,
  ]);
  if (wide > window_wide) faults.push(`${wide} px wide in a window of ${window_wide}`);
  await examine(page, faults);
  return faults;
}

/**
 * Every page in both themes, wide and narrow. `pages` maps names to [address, words that only its data brings];
 * `prepare` gets each page before it is opened. Returns the faults, as sentences.
 */
export async function look_at(browser, address, pages, prepare = async () => {}) {
  const all = [];
  for (const colorScheme of ['light', 'dark']) {
    for (const width of [1280, 390]) {
      const context = await browser.newContext({ colorScheme, viewport: { width, height: 800 } });
      for (const [name, [hash, words]] of Object.entries(pages)) {
        const picture = `${name}-${colorScheme}-${width}`;
        const page = await context.newPage();
        const faults = [];
        page.on('console', (line) => line.type() === 'error' && faults.push(line.text()));
        page.on('pageerror', (error) => faults.push(String(error)));
        await prepare(page);
        await page.goto(address + hash);
        faults.push(...(await judge(page, words, picture)));
        all.push(...faults.map((fault) => `${picture}: ${fault}`));
        await page.close();
      }
      await context.close();
    }
  }
  return all;
}
