// Numbers, sizes and times as people read them. Figures keep their width: tables stay still.

const grouped = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
export const NONE = '–';

type Maybe = number | null | undefined;

const known = (n: Maybe): n is number => n !== null && n !== undefined && Number.isFinite(n);

/** 1234567 → "1,234,567". Nothing known: an en dash. */
export function count(n: Maybe): string {
  return known(n) ? grouped.format(n) : NONE;
}

/** Three digits that matter: "0", "0.4", "12.3", "847", "12.3 k", "4.21 M". */
export function short(n: Maybe): string {
  if (!known(n)) return NONE;
  if (n < 0) return '−' + short(-n);
  if (n === 0) return '0';
  if (n < 0.05) return '<0.1';
  if (n < 99.95) return n.toFixed(1).replace(/\.0$/, '');
  if (n < 999.5) return n.toFixed(0);
  for (const [unit, size] of [['k', 1e3], ['M', 1e6], ['G', 1e9]] as const) {
    if (n < size * 999.5) return `${digits(n / size)} ${unit}`;
  }
  return grouped.format(n);
}

function digits(n: number): string {
  return n < 9.995 ? n.toFixed(2) : n < 99.95 ? n.toFixed(1) : n.toFixed(0);
}

/** Events a second. */
export function rate(n: Maybe): string {
  return known(n) ? `${short(n)}/s` : NONE;
}

export function bytes(n: Maybe): string {
  if (!known(n)) return NONE;
  if (n < 1000) return `${n} B`;
  for (const [unit, size] of [['kB', 1e3], ['MB', 1e6], ['GB', 1e9], ['TB', 1e12]] as const) {
    if (n < size * 999.5 || unit === 'TB') return `${digits(n / size)} ${unit}`;
  }
  return NONE;
}

/** Seconds as "850 µs", "3.2 ms", "4.0 s", "4 min 12 s", "2 h 05 min", "3 d 4 h". */
export function duration(seconds: Maybe): string {
  if (!known(seconds)) return NONE;
  if (seconds < 0) return '−' + duration(-seconds);
  if (seconds === 0) return '0 s';
  if (seconds < 0.001) return `${Math.max(1, Math.round(seconds * 1e6))} µs`;
  if (seconds < 0.9995) return `${digits3(seconds * 1e3)} ms`;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  const [days, hours] = [Math.floor(whole / 86400), Math.floor(whole / 3600) % 24];
  const [minutes, rest] = [Math.floor(whole / 60) % 60, whole % 60];
  if (days > 0) return `${count(days)} d ${hours} h`;
  if (hours > 0) return `${hours} h ${two(minutes)} min`;
  return `${minutes} min ${two(rest)} s`;
}

const digits3 = (n: number) => (n < 9.95 ? n.toFixed(1) : n.toFixed(0));
const two = (n: number) => String(n).padStart(2, '0');

/** Local time of day, with the day when it is not that of `now`. Times are milliseconds. */
export function clock(time: Maybe, now: number, seconds = true): string {
  if (!known(time)) return NONE;
  const at = new Date(time);
  const clockwise = [at.getHours(), at.getMinutes(), ...(seconds ? [at.getSeconds()] : [])];
  const text = clockwise.map(two).join(':');
  if (at.toDateString() === new Date(now).toDateString()) return text;
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${text}`;
}

/** "12 s ago", "in 4 min 00 s". */
export function relative(time: Maybe, now: number): string {
  if (!known(time)) return NONE;
  const seconds = Math.round((now - time) / 1000);
  if (seconds === 0) return 'now';
  const text = Math.abs(seconds) < 60 ? `${Math.abs(seconds)} s` : duration(Math.abs(seconds));
  return seconds > 0 ? `${text} ago` : `in ${text}`;
}

/** Milliseconds of an RFC 3339 time, or null. */
export function instant(text: string | null | undefined): number | null {
  const time = text ? Date.parse(text) : NaN;
  return Number.isNaN(time) ? null : time;
}

/** "1 flow", "2 flows". */
export function plural(n: number, one: string, many = one + 's'): string {
  return `${count(n)} ${n === 1 ? one : many}`;
}
