import { describe, expect, test } from 'vitest';
import { backoff } from '../src/data/backoff';
import { History, line, SPAN } from '../src/data/history';
import { moved, windowOf } from '../src/parts/rows';
import { treeOf } from '../src/views/trace_tree';
import type { Traced } from '../src/data/api';
import { pageBefore, seekTime } from '../src/views/timeline_seek';

describe('rows in sight', () => {
  test('only those in sight and some around them exist', () => {
    const shown = windowOf(1000, 3400, 340, 34, -1);
    expect([shown[0], shown.length, shown[shown.length - 1]]).toEqual([92, 26, 117]);
    expect(windowOf(0, 0, 340, 34, -1)).toEqual([]);
    expect(windowOf(3, 9999, 340, 34, -1)).toEqual([]);
  });

  test('the row that has the focus exists also when it is scrolled away', () => {
    expect(windowOf(1000, 3400, 340, 34, 5)[0]).toBe(5);
    expect(windowOf(1000, 0, 340, 34, 999).at(-1)).toBe(999);
    expect(windowOf(10, 0, 340, 34, 4).filter((n) => n === 4)).toEqual([4]);
  });

  test('keys move through all rows and stop at the ends', () => {
    expect([moved('ArrowDown', 0, 3, 10), moved('ArrowDown', 2, 3, 10), moved('ArrowUp', 0, 3, 10)])
      .toEqual([1, 2, 0]);
    expect([moved('PageDown', 0, 100, 10), moved('End', 0, 100, 10), moved('Home', 9, 100, 10)])
      .toEqual([10, 99, 0]);
    expect([moved('x', 0, 3, 10), moved('End', 0, 0, 10)]).toEqual([null, null]);
  });
});

describe('the last fifteen minutes', () => {
  test('samples within the gap replace the last one', () => {
    const history = new History(1);
    for (const time of [0, 250, 500, 1000, 1250, 2000]) history.add(time, [time], 1000);
    expect(history.times).toEqual([0, 1000, 2000]);
    expect(history.columns[0]).toEqual([0, 1000, 2000]);
  });

  test('what is too old goes', () => {
    const history = new History(1);
    for (let time = 0; time <= 2 * SPAN; time += 1000) history.add(time, [1], 1000);
    expect(history.times.length).toBeLessThan(SPAN / 1000 + 70);
  });

  test('a line breaks where nothing is known', () => {
    const history = new History(1);
    history.add(SPAN / 2, [5], 0);
    history.interrupt();
    history.add(SPAN, [10], 0);
    expect(line(history, 0, SPAN, 100, 20, 10))
      .toEqual([[{ x: 50, y: 10 }], [{ x: 100, y: 0 }]]);
  });

  test('what the service has seen takes the place of what the page saw meanwhile', () => {
    const history = new History(1);
    for (const time of [1000, 2000, 3000, 4000]) history.add(time, [1], 0);
    history.interrupt();
    history.refill([2500, 5000], [[7], [8]]);
    expect(history.times).toEqual([1000, 2000, 2500, 5000]);
    expect(history.columns[0]).toEqual([1, 1, 7, 8]);
    history.refill([], []);
    expect(history.times.length).toBe(4);
  });

  test('what was seen before a daemon was started anew stays, with the hole', () => {
    const history = new History(1);
    history.add(1000, [1], 0);
    history.interrupt();
    history.refill([9000], [[2]]);
    expect(history.columns[0]).toEqual([1, null, 2]);
  });
});

const traced = (position: number, cause: number | null, second: number): Traced =>
  ({ position, cause, type: 'T', time: `2026-01-01T00:00:0${second}Z`, relation: 'below' });

describe('causes and effects', () => {
  test('a list becomes the tree that it means', () => {
    const [root, ...others] = treeOf([traced(9, 4, 3), traced(4, 2, 2), traced(7, 4, 2),
                                      traced(2, 1, 1)]);
    expect(others).toEqual([]);
    expect([root!.event.position, root!.since]).toEqual([2, '']);
    expect(root!.effects.map((one) => [one.event.position, one.since])).toEqual([[4, '+1.0 s']]);
    expect(root!.effects[0]!.effects.map((one) => one.event.position)).toEqual([7, 9]);
  });

  test('a cause that is not before its effect is none', () => {
    expect(treeOf([traced(1, 1, 1), traced(2, 3, 1), traced(3, 2, 1)])
      .map((one) => one.event.position)).toEqual([1, 2]);
  });
});

describe('trying again', () => {
  test('waits longer each time, but never for long, and not everybody equally', () => {
    expect([1, 2, 3, 6, 7, 1000].map((attempt) => backoff(attempt, 1)))
      .toEqual([500, 1000, 2000, 15000, 15000, 15000]);
    expect([backoff(1, 0), backoff(1000, 0)]).toEqual([250, 7500]);
  });
});

describe('places on the timeline', () => {
  const positions = [0, 1, 2, 10, 11, 500, 501, 502]; // an import left holes
  const page = async (from: number, limit: number) => positions.filter((at) => at >= from)
    .slice(0, limit)
    .map((position) => ({ position, time: new Date(position * 1000).toISOString() }));

  test('a time is found, also between events and behind the last', async () => {
    expect(await seekTime(0, 503, page)).toBe(0);
    expect(await seekTime(11000, 503, page)).toBe(11);
    expect(await page(await seekTime(12000, 503, page), 1)).toMatchObject([{ position: 500 }]);
    expect(await seekTime(1e9, 503, page)).toBe(503);
    expect(await seekTime(5, 0, page)).toBe(0);
  });

  test('the tail is found without being told', async () => {
    expect(await seekTime(Infinity, 2 ** 40, page)).toBe(503);
  });

  test('a page before a position reaches back until it is worth it', async () => {
    const rare = async (from: number, limit: number) =>
      Array.from({ length: 100 }, (_, n) => ({ position: n * 100, time: '' }))
        .filter((event) => event.position >= from).slice(0, limit);
    expect(await pageBefore(9000, 100, rare)).toBe(2600);
    expect(await pageBefore(50, 100, rare)).toBe(0);
  });
});
