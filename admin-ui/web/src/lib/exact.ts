// Numbers as people read them. 64-bit integers arrive as strings and stay exact: they become
// BigInt, never a Number.

const thin_space = '\u2009';

/** Groups the digits of an integer by three: "93118005" -> "93 118 005"; a dash for unknown. */
export function count(value: string | number | bigint | null | undefined): string {
  if (value === null || value === undefined) return '–';
  const digits = String(value);
  if (!/^-?\d+$/.test(digits)) return digits;
  return digits.replace(/\B(?=(\d{3})+$)/g, thin_space);
}

/** A count with its noun: "1 topic", "12 topics". */
export function counted(value: string | number, noun: string): string {
  return `${count(value)} ${noun}${String(value) === '1' ? '' : 's'}`;
}

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'];

/** Bytes in binary units with one decimal, cut and not rounded up: "1 KiB", "1.5 GiB". */
export function bytes(value: string | null | undefined): string {
  if (value === null || value === undefined) return '–';
  if (!/^\d+$/.test(value)) return value;
  const exact = BigInt(value);
  let unit = 0;
  let divisor = 1n;
  while (unit + 1 < units.length && exact >= divisor * 1024n) {
    divisor *= 1024n;
    unit += 1;
  }
  const tenths = (exact * 10n) / divisor;
  const rest = unit === 0 || tenths % 10n === 0n ? '' : `.${tenths % 10n}`;
  return `${tenths / 10n}${rest}${thin_space}${units[unit]}`;
}

/** end - start of two offsets, or null when one of them is unknown. */
export function distance(start: string | null, end: string | null): string | null {
  if (start === null || end === null) return null;
  return String(BigInt(end) - BigInt(start));
}

/** The sum of integers in strings, or null when one of them is unknown. */
export function sum(all: (string | null)[]): string | null {
  if (all.includes(null)) return null;
  return String(all.reduce((total, each) => total + BigInt(each ?? 0), 0n));
}

/** Orders two unsigned integers in strings; unknown ones come first. */
export function compare(a: string | null, b: string | null): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? -1 : 1;
  const left = BigInt(a);
  const right = BigInt(b);
  return left < right ? -1 : left > right ? 1 : 0;
}
