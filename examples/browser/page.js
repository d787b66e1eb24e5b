// The figures that examples/host-metrics publishes, as charts: every host, or those of the partitions that this tab has in a
// group with others. ?broker=http://host:port names another broker, ?group=NAME joins a group at once.

import { Ottla, text_of } from './ottla.js';

const topic = 'host-metrics';
const shown_records = 60;
const mega = (bytes) => `${(bytes / 1e6).toFixed(2)} MB/s`;
const charts = [
  ['CPU', (figures) => figures.cpu_percent, (value) => `${value.toFixed(1)} %`],
  ['Memory', (figures) => figures.memory_used_bytes / 2 ** 30, (value) => `${value.toFixed(2)} GiB`],
  ['Network in', (figures) => figures.network_in_bytes_per_s, mega],
  ['Disk written', (figures) => figures.disk_written_bytes_per_s, mega],
];

const query = new URLSearchParams(location.search);
const part = (id) => document.getElementById(id);
const ottla = new Ottla(query.get('broker') ?? 'http://127.0.0.1:8090', {
  client: 'browser example',
  light: (now) => (part('light').textContent = now),
});

/** The last figures of each host. */
const hosts = new Map();
let handled = 0;

function take(records) {
  for (const record of records) {
    let figures;
    try {
      figures = JSON.parse(text_of(record.value));
    } catch {
      continue; // not of publish.py
    }
    const series = hosts.get(figures?.host) ?? [];
    if (typeof figures?.host === 'string') hosts.set(figures.host, [...series, figures].slice(-shown_records));
  }
  handled += records.length;
  // The broker gets new credit when the promise resolves: with the next picture, not before.
  return new Promise((resolve) => setTimeout(() => resolve(draw()), 100));
}

function chart(series, [name, value_of, says]) {
  const values = series.map(value_of).filter(Number.isFinite);
  const most = Math.max(...values, Number.MIN_VALUE);
  const x = (at) => (300 * (shown_records - values.length + at)) / (shown_records - 1);
  const figure = document.createElement('figure');
  figure.innerHTML = '<figcaption><span></span><strong></strong></figcaption><svg viewBox="0 0 300 60" preserveAspectRatio="none" aria-hidden="true"><polyline/></svg>';
  figure.querySelector('span').textContent = name;
  figure.querySelector('strong').textContent = values.length > 0 ? says(values.at(-1)) : '–';
  figure.querySelector('polyline').setAttribute('points', values.map((value, at) => `${x(at)},${59 - (57 * value) / most}`).join(' '));
  return figure;
}

function draw() {
  part('handled').textContent = handled;
  part('hosts').replaceChildren(
    ...[...hosts].sort().flatMap(([host, series]) => {
      const title = document.createElement('h2');
      title.textContent = host;
      const row = document.createElement('div');
      row.className = 'charts';
      row.append(...charts.map((each) => chart(series, each)));
      return [title, row];
    }),
  );
}

const problem = ({ title = '', detail = '', status }) =>
  (part('problem').textContent = `${title} ${detail}${status === 404 ? ': does publish.py run? Then reload.' : ''}`);

// A static member: after a restart of the broker this tab has its partitions again, and no other has to wait for it.
const instance = `tab-${Math.random().toString(36).slice(2)}`;
const checkbox = part('join');
checkbox.checked = query.has('group');
let reading;
function begin() {
  hosts.clear();
  handled = 0;
  draw();
  part('problem').textContent = '';
  part('partitions').textContent = '';
  if (checkbox.checked) {
    const member = ottla.join(
      { group: query.get('group') ?? 'browser', topics: [topic], reset: 'earliest', instance },
      {
        records: take,
        assigned: (mine) => (part('partitions').textContent = `, partitions ${mine.map(({ partition }) => partition).join(' ') || 'none'}`),
        problem,
      },
    );
    reading = () => member.leave();
  } else {
    const subscription = ottla.subscribe({ topic, from: { tail: shown_records } }, { records: take, problem });
    reading = () => subscription.close();
  }
}
checkbox.onchange = () => {
  reading();
  begin();
};
addEventListener('pagehide', () => reading()); // the others need not wait for a tab that is closed
begin();
