import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Problem } from '../src/data/problem';
import { Asking, type Answer } from '../src/parts/answer';

let shown: Answer<string> = { busy: false };
let asking: Asking<string>;

beforeEach(() => {
  vi.useFakeTimers();
  shown = { busy: false };
  asking = new Asking<string>((change) => (shown = change(shown)));
});
afterEach(() => vi.useRealTimers());

const after = (ms: number, said: string) => () =>
  new Promise<string>((done) => setTimeout(() => done(said), ms));

test('a slow answer is shown though others were wished for meanwhile, and then the last of them',
  async () => {
    const calls: string[] = [];
    const call = (name: string) => (signal: AbortSignal) => {
      calls.push(name);
      expect(signal.aborted).toBe(false);
      return after(3000, name)();
    };
    for (const name of ['a', 'b', 'c']) {
      asking.ask(call(name));
      await vi.advanceTimersByTimeAsync(1000);
    }
    expect(shown).toEqual({ value: 'a', busy: false });
    await vi.advanceTimersByTimeAsync(2900);
    expect(calls).toEqual(['a']); // as long as it took the daemon rests
    await vi.advanceTimersByTimeAsync(200);
    expect([calls, shown.busy, shown.value]).toEqual([['a', 'c'], true, 'a']);
    await vi.advanceTimersByTimeAsync(3000);
    expect(shown).toEqual({ value: 'c', busy: false });
  });

test('what comes after the end is not shown, and nothing is asked any more', async () => {
  let asked = 0;
  asking.ask(after(100, 'late'));
  asking.ask(() => Promise.resolve(`${++asked}`));
  asking.end();
  await vi.advanceTimersByTimeAsync(1000);
  expect([shown.value, asked]).toEqual([undefined, 0]);
});

test('a call that fails is a problem, and the next one is made', async () => {
  asking.ask(() => Promise.reject(new TypeError('no')));
  await vi.advanceTimersByTimeAsync(1);
  expect(shown.problem).toBeInstanceOf(Problem);
  asking.ask(() => Promise.resolve('well'));
  await vi.advanceTimersByTimeAsync(1);
  expect(shown).toEqual({ value: 'well', busy: false });
});
