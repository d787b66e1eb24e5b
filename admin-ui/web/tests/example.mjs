// examples/browser in Chromium: node example.mjs ADDRESS-OF-THE-PAGE BROKER. Driven by tests/clients/test_browser_example.py as
// real.mjs is: each line printed asks for something to happen, each line read says that it has.

import { createInterface } from 'node:readline';
import { examine, launch, shows } from './look.mjs';

const [address, broker] = process.argv.slice(2);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
async function world(what) {
  console.log(what);
  await lines.next();
}
const faults = [];
const browser = await launch();
async function open(query) {
  const page = await browser.newPage();
  page.on('pageerror', (error) => faults.push(String(error)));
  await page.goto(`${address}?broker=${broker}${query}`);
  return page;
}
const handled = (page) => page.locator('#handled').textContent().then(Number);
/** Waits until the pages have handled so many records together. */
async function have(pages, number) {
  const until = Date.now() + 60_000;
  let sum = 0;
  while (Date.now() < until) {
    sum = (await Promise.all(pages.map(handled))).reduce((all, each) => all + each, 0);
    if (sum >= number) break;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  if (sum !== number) faults.push(`${sum} records handled, not ${number}`);
}

const watching = await open('');
await have([watching], 20);
await shows(watching, 'host-3', faults);
await shows(watching, '42.5 %', faults);
await examine(watching, faults);
if (process.env.PICTURES)
  await watching.screenshot({ path: `${process.env.PICTURES}/browser-example.png` });

const first = await open('&group=tabs');
await shows(first, 'partitions 0 1 2 3', faults);
await have([first], 20);
const second = await open('&group=tabs');
await shows(second, /partitions \d \d$/, faults);
await world('publish');
await have([first, second], 40);
await world('kill');
await shows(second, 'offline', faults);
await world('restart');
await shows(second, 'live', faults);
await shows(second, /partitions \d/, faults);
await world('publish');
await have([first, second], 60); // none lost, none twice
await have([watching], 60);
await second.goto('about:blank');
await shows(first, 'partitions 0 1 2 3', faults);
await browser.close();
for (const fault of faults) console.log(`fault: ${fault}`);
process.exit(0);
