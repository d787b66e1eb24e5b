// Every page of the built dashboard in a real browser, in both themes, wide and narrow, under the
// content policy the broker is to send. Fails on a serious finding of axe, an error in the console, a page
// wider than its window, or a page without its data. Wants `npm run build` before it, and the
// path of a Chromium in $CHROMIUM (/usr/bin/chromium). Pictures go to $PICTURES, if it is set.

import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import axe from 'axe-core';
import { chromium } from 'playwright-core';
import { answers, channels } from './recorded.mjs';

const dist = new URL('../dist', import.meta.url).pathname;
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; " +
  "require-trusted-types-for 'script'; trusted-types svelte-trusted-html";
const types = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
};

const server = createServer(async (request, response) => {
  const path = new URL(request.url, 'http://x').pathname.replace(/\/$/, '/index.html');
  const body = await readFile(join(dist, path)).catch(() => null);
  const headers = {
    'content-type': types[extname(path)] ?? 'text/plain',
    'content-security-policy': policy,
  };
  response.writeHead(body === null ? 404 : 200, headers).end(body);
});
await new Promise((done) => server.listen(0, '127.0.0.1', done));
const address = `http://127.0.0.1:${server.address().port}/`;

// Each page with words that only its data brings.
const pages = {
  overview: ['#/', 'not in sync'],
  brokers: ['#/brokers', 'broker-2.internal.example'],
  topics: ['#/topics', 'payments.settled'],
  topic: ['#/topics/orders', '9\u2009223\u2009372\u2009036\u2009854\u2009775\u2009806'],
  configs: ['#/topics/orders?tab=configs', '604800000'],
  groups: ['#/groups?sort=-lag', 'billing'],
  group: ['#/groups/billing', '1\u2009187\u2009116'],
  refused: ['#/topics/gone', 'There is no such topic'],
  nowhere: ['#/nowhere', 'No such page'],
};

function answer_events(socket) {
  socket.send(JSON.stringify({ op: 'welcome', v: 1, node: 2, heartbeatMs: 15000, uiHash: 'a' }));
  socket.onMessage((text) => {
    const { op, id, ch } = JSON.parse(text);
    if (op !== 'watch') return;
    const problem = { title: 'There is no such topic', status: 404, instance: 'r-1' };
    const data = channels[ch];
    socket.send(
      JSON.stringify(data ? { op: 'snap', id, ch, seq: 1, data } : { op: 'err', id, problem }),
    );
  });
}

async function answer_api(route) {
  const path = new URL(route.request().url()).pathname.replace('/api/v1/', '');
  const body = answers[path];
  await route.fulfill({ status: body ? 200 : 404, json: body ?? { title: 'Not found' } });
}

async function look(context, name, where) {
  const [hash, words] = pages[name];
  const page = await context.newPage();
  const faults = [];
  page.on('console', (line) => line.type() === 'error' && faults.push(line.text()));
  page.on('pageerror', (error) => faults.push(String(error)));
  await page.routeWebSocket('**/ws/v1/events', answer_events);
  await page.route('**/api/v1/**', answer_api);
  await page.goto(address + hash);
  await page
    .getByText(words)
    .first()
    .waitFor({ timeout: 5000 })
    .catch(() => faults.push(`no "${words}"`));
  await page
    .getByText('Live', { exact: false })
    .first()
    .waitFor({ timeout: 5000 })
    .catch(() => faults.push('the light is not live'));
  if (process.env.PICTURES)
    await page.screenshot({ path: join(process.env.PICTURES, `${name}-${where}.png`) });
  const width = await page.evaluate(() => [document.documentElement.scrollWidth, innerWidth]);
  if (width[0] > width[1])
    faults.push(`the page is ${width[0]} px wide in a window of ${width[1]}`);
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => globalThis.axe.run());
  for (const { id, impact, nodes } of violations) {
    if (impact === 'serious' || impact === 'critical') faults.push(`axe ${id}: ${nodes[0].html}`);
  }
  await page.close();
  return faults.map((fault) => `${name} ${where}: ${fault}`);
}

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
  args: process.getuid() === 0 ? ['--no-sandbox'] : [],
});
const faults = [];
for (const colorScheme of ['light', 'dark']) {
  for (const width of [1280, 390]) {
    const context = await browser.newContext({ colorScheme, viewport: { width, height: 800 } });
    for (const name of Object.keys(pages))
      faults.push(...(await look(context, name, `${colorScheme}-${width}`)));
    await context.close();
  }
}
await browser.close();
server.close();
console.log(faults.join('\n') || 'every page is as it should be');
process.exitCode = faults.length > 0 ? 1 : 0;
