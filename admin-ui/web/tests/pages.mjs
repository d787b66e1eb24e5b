// Every page of the built dashboard in Chromium (look.mjs) against recorded answers, under the content policy that the
// broker sends. Wants `npm run build` before it. tests/clients/test_dashboard.py does the same with a real broker.

import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, join } from 'node:path';
import { look_at, launch } from './look.mjs';
import { answers, channels, followed } from './recorded.mjs';

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
  messages: ['#/topics/orders?tab=messages&partition=0', '<binary> 00 ff 10'],
  tail: ['#/topics/orders?tab=tail&from=last', 'deleted before they were read'],
  configs: ['#/topics/orders?tab=configs', '604800000'],
  groups: ['#/groups?sort=-lag', 'billing'],
  group: ['#/groups/billing', '1\u2009187\u2009116'],
  map: ['#/map?colour=records', 'out of sync'],
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

function answer_data(socket) {
  socket.onMessage((text) => {
    const { op } = JSON.parse(text);
    const frames =
      op === 'hello' ? [{ op: 'welcome', v: 1, heartbeatMs: 15000 }] : op === 'sub' ? followed : [];
    for (const frame of frames) socket.send(JSON.stringify(frame));
  });
}

async function answer_api(route) {
  const path = new URL(route.request().url()).pathname.replace('/api/v1/', '');
  const body = answers[path];
  await route.fulfill({ status: body ? 200 : 404, json: body ?? { title: 'Not found' } });
}

const browser = await launch();
const faults = await look_at(browser, address, pages, async (page) => {
  await page.routeWebSocket('**/ws/v1/events', answer_events);
  await page.routeWebSocket('**/ws/v1/data', answer_data);
  await page.route('**/api/v1/**', answer_api);
});
await browser.close();
server.close();
console.log(faults.join('\n') || 'every page is as it should be');
process.exitCode = faults.length > 0 ? 1 : 0;
