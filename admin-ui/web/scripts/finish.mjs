// After the build: puts a .gz beside each text file of dist and refuses what is over budget.
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

const budgets = { '.js': 120_000, '.css': 12_000 };
const total_budget_bytes = 450_000;
const dist = new URL('../dist', import.meta.url).pathname;

const files = readdirSync(dist, { recursive: true })
  .map((name) => join(dist, name))
  .filter((path) => statSync(path).isFile());
const packed = { '.js': 0, '.css': 0 };
let total_bytes = 0;
for (const path of files) {
  const raw = readFileSync(path);
  const gz = gzipSync(raw, { level: 9 });
  writeFileSync(`${path}.gz`, gz);
  total_bytes += raw.length + gz.length;
  for (const ending of Object.keys(budgets)) {
    if (path.endsWith(ending)) packed[ending] += gz.length;
  }
}
console.log(
  `gzip: ${packed['.js']} bytes of script, ${packed['.css']} of style; ${total_bytes} in all`,
);
const over = Object.keys(budgets).filter((ending) => packed[ending] > budgets[ending]);
if (over.length > 0 || total_bytes > total_budget_bytes) {
  console.error(`over budget: ${over.join(' ') || 'all files together'}`);
  process.exit(1);
}
