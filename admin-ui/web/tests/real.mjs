// The dashboard of a running broker in Chromium (look.mjs). tests/clients/test_dashboard.py starts it with the dashboard's
// address and the walks to take, and plays the world around it: each line printed asks for something to happen, each line
// read says that it has.

import { createInterface } from 'node:readline';
import { examine, launch, look_at, shows } from './look.mjs';

const [address, ...chosen] = process.argv.slice(2);
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
async function world(what) {
  console.log(what);
  await lines.next();
}

const pages = {
  overview: ['#/', 'Every partition has its leader'],
  brokers: ['#/brokers', 'controller'],
  topics: ['#/topics', 'orders'],
  'topics-none': ['#/topics?q=nothing-like-it', 'in its name'],
  topic: ['#/topics/orders', 'High watermark'],
  messages: ['#/topics/orders?tab=messages', 'order 1233'],
  tail: ['#/topics/orders?tab=tail&from=last', 'order 1233'],
  configs: ['#/topics/orders?tab=configs', 'retention.ms'],
  groups: ['#/groups', 'billing'],
  group: ['#/groups/billing', 'auditor-1'],
  map: ['#/map', 'Broker 1'],
};

/** A page whose errors are faults. */
async function page_of(browser, faults, options = {}) {
  const page = await browser.newPage(options);
  page.on('pageerror', (error) => faults.push(String(error)));
  return page;
}

async function follow_a_topic(browser, faults) {
  const page = await page_of(browser, faults);
  await page.goto(`${address}#/topics/orders`);
  await shows(page, '1\u2009244', faults); // the records that are there
  await world('produce');
  await shows(page, '1\u2009254', faults); // pushed, nobody has reloaded
  await world('kill');
  await shows(page, 'Offline since', faults);
  await shows(page, '1\u2009254', faults); // what was known stays
  await world('restart');
  await shows(page, '● Live', faults);
  await world('produce');
  await shows(page, '1\u2009264', faults);
  await page.close();
}

async function read_and_send_messages(browser, faults) {
  const page = await page_of(browser, faults, { viewport: { width: 390, height: 800 } });
  page.on('console', (line) => line.type() === 'error' && faults.push(line.text()));
  await page.goto(`${address}#/topics/orders?tab=messages&from=oldest`);
  await shows(page, 'order 49', faults);
  await page.getByRole('button', { name: 'Newer' }).click();
  await shows(page, 'order 99', faults);
  await page.getByLabel('In the value').fill('order 123');
  await page.getByLabel('In the value').press('Enter');
  await shows(page, 'order 1233', faults);
  await page.goto(`${address}#/topics/payments.settled?tab=messages&partition=2`);
  await shows(page, 'The partition is empty', faults);
  await page.getByRole('button', { name: 'Send…' }).click();
  const dialog = page.getByRole('dialog');
  await examine(page, faults);
  await dialog.getByRole('combobox').selectOption('2');
  await dialog.getByRole('textbox', { name: 'Key' }).fill('user-1');
  await dialog
    .getByRole('textbox', { name: 'Value' })
    .fill('{"id":202201180000000014,"total":1.50}');
  await dialog.getByRole('textbox', { name: 'Headers' }).fill('source: dashboard');
  await dialog.getByRole('button', { name: 'Send' }).click();
  await shows(page, 'user-1', faults);
  await page.getByRole('button', { name: '0', exact: true }).click();
  await shows(page, '"id": 202201180000000014,', faults); // indented, nothing rounded
  await shows(page, 'Header source', faults);
  await examine(page, faults);
  await page.getByRole('button', { name: 'Hex' }).click();
  await shows(page, '000000  7b 22 69 64', faults);
  await page.close();
}

async function tail_a_topic(browser, faults) {
  const page = await page_of(browser, faults);
  await page.goto(`${address}#/topics/orders?tab=tail&from=last`);
  await shows(page, 'showing 100 of 100 records', faults);
  await world('produce');
  await shows(page, 'of 110 records', faults);
  await page.keyboard.press(' ');
  await shows(page, 'Paused', faults);
  await world('produce');
  await page.reload(); // the last hundred once more: what came meanwhile is there
  await shows(page, 'showing 100 of 100 records', faults);
  await page.keyboard.press(' ');
  await shows(page, 'Paused', faults);
  await world('produce');
  await world('kill');
  await shows(page, 'Offline since', faults);
  await page.keyboard.press(' ');
  await shows(page, 'No connection', faults);
  await world('restart');
  await shows(page, 'showing 110 of 110 records, 0 gaps', faults); // what was missed, and nothing twice
  await page.getByRole('button', { name: '1\u2009263', exact: true }).click();
  await shows(page, 'Link to this record', faults);
  await examine(page, faults);
  const waiting = page.waitForEvent('download', { timeout: 10_000 });
  await page.getByRole('button', { name: 'Download' }).click();
  if ((await waiting).suggestedFilename() !== 'orders-0-1263.bin') faults.push('the wrong file');
  await page.getByLabel('Begin').selectOption('oldest');
  await page.getByLabel('In the value').fill('order 1233');
  await page.getByLabel('In the value').press('Enter');
  await shows(page, 'showing 1 of 1 record, 0 gaps', faults); // the broker has looked through all
  await page.getByRole('button', { name: 'Jump to now' }).click();
  await shows(page, 'Waiting for records', faults);
  await page.close();
}

async function see_traffic(browser, faults) {
  const page = await page_of(browser, faults);
  await page.goto(`${address}#/`);
  await shows(page, 'peak 0/s', faults); // two measurements are there
  await world('produce');
  await shows(page, /peak [1-9][0-9]*\/s/, faults);
  await page.close();
}

async function make_and_delete_a_topic(browser, faults) {
  const page = await page_of(browser, faults);
  await page.goto(`${address}#/topics`);
  await page.getByRole('button', { name: 'Create topic' }).click();
  const dialog = page.getByRole('dialog');
  await examine(page, faults);
  await dialog.getByRole('textbox', { name: 'Name' }).fill('not a name');
  await dialog.getByRole('button', { name: 'Create topic' }).click();
  await shows(page, 'The name of the topic is not valid', faults);
  await dialog.getByRole('textbox', { name: 'Name' }).fill('made.here');
  await dialog.getByRole('spinbutton', { name: 'Partitions' }).fill('7');
  await dialog.getByRole('button', { name: 'Create topic' }).click();
  await shows(page, '7 partitions, 1 replica each', faults);
  await page.getByRole('link', { name: 'Configs' }).click();
  await page.getByRole('button', { name: 'retention.ms', exact: true }).click();
  await examine(page, faults);
  await dialog.getByRole('textbox', { name: 'Value' }).fill('an hour');
  await dialog.getByRole('button', { name: 'Set' }).click();
  await shows(page, 'A configuration value is not valid', faults);
  await dialog.getByRole('textbox', { name: 'Value' }).fill('3600123');
  await dialog.getByRole('button', { name: 'Set' }).click();
  await shows(page, '3600123', faults);
  await page.getByRole('button', { name: 'retention.ms', exact: true }).click();
  await dialog.getByRole('checkbox').check();
  await dialog.getByRole('button', { name: 'Remove' }).click();
  await page.getByText('3600123').waitFor({ state: 'detached', timeout: 10_000 });
  await page.getByRole('button', { name: 'Delete…' }).click();
  await shows(page, '7 partitions with 0 records', faults);
  await examine(page, faults);
  const button = dialog.getByRole('button', { name: 'Delete made.here' });
  if (await button.isEnabled()) faults.push('a topic can be deleted without its name');
  await dialog.getByLabel('The name of the topic').fill('made.here');
  await button.click();
  await shows(page, '2 topics', faults);
  await page.close();
}

async function find_a_topic(browser, faults) {
  const page = await page_of(browser, faults);
  await page.goto(`${address}#/`);
  await shows(page, '● Live', faults);
  await page.keyboard.press('g');
  await page.keyboard.press('t');
  await shows(page, 'orders', faults);
  await page.keyboard.press('/');
  await page.keyboard.type('RDER');
  await shows(page, '1 topic', faults);
  if (!page.url().endsWith('#/topics?q=RDER')) faults.push(`the search is not in ${page.url()}`);
  await page.getByRole('link', { name: 'orders' }).click();
  await shows(page, 'High watermark', faults);
  await page.goBack();
  await shows(page, '1 topic', faults); // the link keeps the search
  await page.close();
}

async function go_by_keys(browser, faults) {
  const page = await page_of(browser, faults);
  const is_at = async (hash) => {
    await page
      .waitForURL(`**/${hash}`, { timeout: 10_000 })
      .catch(() => faults.push(`not at ${hash}`));
  };
  await page.goto(`${address}#/topics`);
  await shows(page, 'payments.settled', faults);
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await page.keyboard.press('k');
  await page.keyboard.press('Enter'); // the first of the rows
  await is_at('#/topics/orders');
  await page.keyboard.press('Control+k');
  const palette = page.getByRole('dialog', { name: 'Go to' });
  await palette.getByRole('combobox').fill('bill');
  await shows(page, 'billing', faults);
  await examine(page, faults);
  await page.keyboard.press('Enter');
  await is_at('#/groups/billing');
  await page.keyboard.press('Control+k');
  await palette.getByRole('combobox').fill('SETTLED');
  await shows(page, 'payments.settled', faults);
  await page.keyboard.press('Enter');
  await is_at('#/topics/payments.settled');
  await page.keyboard.press('Control+k');
  await palette.getByRole('combobox').fill('create');
  await page.keyboard.press('Enter');
  const form = page.getByRole('dialog', { name: 'Create a topic' });
  await form.waitFor({ timeout: 10_000 });
  await page.keyboard.press('Escape');
  await form.waitFor({ state: 'detached', timeout: 10_000 });
  await is_at('#/topics');
  await page.keyboard.press('?');
  await shows(page, 'Keyboard shortcuts', faults);
  await examine(page, faults);
  await page.keyboard.press('Escape');
  await page.keyboard.press('g');
  await page.keyboard.press('m');
  await is_at('#/map');
  await page.close();
}

const walks = {
  look_at_every_page: async (browser, faults) =>
    faults.push(...(await look_at(browser, address, pages))),
  read_and_send_messages,
  make_and_delete_a_topic,
  find_a_topic,
  go_by_keys,
  tail_a_topic,
  see_traffic,
  follow_a_topic,
};
const browser = await launch();
const faults = [];
for (const name of chosen) {
  await walks[name](browser, faults).catch((error) =>
    faults.push(`${name}: ${error.message.split('\n')[0]}`),
  );
}
await browser.close();
for (const fault of faults) console.log(`fault: ${fault}`);
process.exit(0);
