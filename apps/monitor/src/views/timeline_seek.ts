// Finding places on the timeline with nothing but "a page from this position on".

export interface Placed {
  position: number;
  time: string;
}

/** The events of a page that begins at the first event at or after a position. */
export type Page = (from: number, limit: number) => Promise<Placed[]>;

/** The first position whose event was recorded at or after `time` (ms); the tail: none was. */
export async function seekTime(time: number, tail: number, page: Page): Promise<number> {
  let [low, high] = [0, tail]; // all before `low` are earlier, what is at `high` is not
  while (low < high) {
    const middle = Math.floor((low + high) / 2);
    const [event] = await page(middle, 1);
    if (!event || event.position >= high) high = middle;
    else if (Date.parse(event.time) < time) low = event.position + 1;
    else high = middle;
  }
  return low;
}

const WANTED = 40;

/** Where a page has to begin to show what comes before a position, of events that may be rare. */
export async function pageBefore(before: number, size: number, page: Page): Promise<number> {
  for (let step = size; ; step *= 4) {
    const from = Math.max(0, before - step);
    if (from === 0) return 0;
    const earlier = (await page(from, size)).filter((event) => event.position < before);
    if (earlier.length >= Math.min(WANTED, size)) return from;
  }
}
