// Records as the API gives them, and the ways to look at their bytes. What is shown is the original text:
// JSON is indented without being read into numbers, so that nothing is rounded, reordered or dropped.

/** null, text, {b: base64} where it is no text; cut ones have their true size in `n`. */
export type Bytes = null | string | { s?: string; b?: string; n?: number; cut?: boolean };

export interface LogRecord {
  offset: string;
  timestamp: number;
  key: Bytes;
  value: Bytes;
  headers: [Bytes, Bytes][];
  sizeBytes: number;
}
export interface RecordsPage {
  items: LogRecord[];
  logStart: string;
  highWatermark: string;
  start: string;
  next: string;
  end: 'limit' | 'end' | 'budget';
  scannedRecords: string;
  scannedBytes: string;
}

/** The bytes as text; null where they are none. */
export function text_of(bytes: Bytes): string | null {
  return typeof bytes === 'string' ? bytes : (bytes?.s ?? null);
}

/** How many bytes the whole has, if only its beginning is here. */
export function cut_from(bytes: Bytes): number | null {
  return bytes !== null && typeof bytes === 'object' && bytes.cut ? (bytes.n ?? null) : null;
}

export function raw(bytes: Bytes): Uint8Array {
  const text = text_of(bytes);
  if (text !== null) return new TextEncoder().encode(text);
  const base64 = typeof bytes === 'object' ? (bytes?.b ?? '') : '';
  return Uint8Array.from(atob(base64), (each) => each.charCodeAt(0));
}

/** One line for a table: the text, the bytes in hexadecimal, or "null". */
export function short(bytes: Bytes): string {
  if (bytes === null) return 'null';
  const text = text_of(bytes);
  return text ?? `<binary> ${[...raw(bytes).slice(0, 24)].map(hex_byte).join(' ')}`;
}

const hex_byte = (byte: number) => byte.toString(16).padStart(2, '0');

/** Sixteen bytes a line: where, which, and what is printable of them. */
export function hex(bytes: Bytes): string {
  const all = raw(bytes);
  const lines: string[] = [];
  for (let at = 0; at < all.length; at += 16) {
    const row = [...all.slice(at, at + 16)];
    const letters = row.map((byte) => (byte >= 32 && byte < 127 ? String.fromCharCode(byte) : '.'));
    const numbers = row.map(hex_byte).join(' ').padEnd(47);
    lines.push(`${at.toString(16).padStart(6, '0')}  ${numbers}  ${letters.join('')}`);
  }
  return lines.join('\n');
}

/** JSON with a line for each member; null if the text is not a JSON object or array. */
export function indented(text: string): string | null {
  if (!/^\s*[{[]/.test(text)) return null;
  try {
    JSON.parse(text);
  } catch {
    return null;
  }
  let depth = 0;
  const line = () => `\n${'  '.repeat(depth)}`;
  // Strings, numbers and words pass as they are; only what stands between them is set anew.
  const tokens = text.match(/"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g) ?? [];
  return tokens
    .map((token, at) => {
      if (token === '{' || token === '[') {
        if (tokens[at + 1] === '}' || tokens[at + 1] === ']') return token;
        depth += 1;
        return token + line();
      }
      if (token === '}' || token === ']') {
        if (tokens[at - 1] === '{' || tokens[at - 1] === '[') return token;
        depth -= 1;
        return line() + token;
      }
      return token === ',' ? token + line() : token === ':' ? ': ' : token;
    })
    .join('');
}

/** Bytes of a value that the API shows at most. */
export const preview_max = 262_144;
export const page_records = 50;
const searched_tail = 10_000;

/** The query of the API for what the address says: where to begin, and what to look for. */
export function records_query(query: Record<string, string>): string {
  const from = query.from ?? 'newest';
  // Among the newest a search looks further back, and shows more.
  const is_search = Boolean(query.key || query.value);
  const limit = from === 'newest' && is_search ? 500 : page_records;
  const begin: Record<string, string> =
    from === 'newest'
      ? { tail: String(is_search ? searched_tail : page_records) }
      : from === 'offset'
        ? { offset: query.at || '0' }
        : from === 'time'
          ? { timestamp: String(new Date(query.at ?? '').getTime() || 0) }
          : { offset: '0' };
  const wanted = Object.entries({ key: query.key ?? '', value: query.value ?? '' });
  return String(
    new URLSearchParams([
      ...Object.entries({ ...begin, limit: String(limit) }),
      ...wanted.filter(([, text]) => text !== ''),
    ]),
  );
}

/** The offset one page before `start`, not before the log's start; null at its start. */
export function page_before(page: RecordsPage): string | null {
  const start = BigInt(page.start);
  const first = BigInt(page.logStart);
  if (start <= first) return null;
  const before = start - BigInt(page_records);
  return String(before > first ? before : first);
}
