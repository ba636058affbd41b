// Calls whose answers are shown, and asked for again when something is new.
import { useEffect, useRef, useState } from 'preact/hooks';
import { Problem } from '../data/problem';

export interface Answer<T> {
  value?: T;
  problem?: Problem;
  busy: boolean;
}

type Call<T> = (signal: AbortSignal) => Promise<T>;

/** Asks when what it is `about` changes; an answer that comes too late is dropped. When something
 *  is `fresh` it asks again as `Asking` does. */
export function useAnswer<T>(ask: Call<T>, about: unknown[], fresh: unknown[] = []): Answer<T> {
  const [answer, setAnswer] = useState<Answer<T>>({ busy: true });
  const asking = useRef<Asking<T> | null>(null);
  useEffect(() => {
    const one = new Asking<T>(setAnswer);
    asking.current = one;
    return () => one.end();
  }, about);
  useEffect(() => asking.current?.ask(ask), [...about, ...fresh]);
  return answer;
}

/** One call at a time: the next one not before the last answer is there, and as much time has
 *  passed as that took. So a large answer is shown, if late, and the daemon has time for others. */
export class Asking<T> {
  private readonly control = new AbortController();
  private next: Call<T> | null = null;
  private resting = false;

  constructor(private readonly tell: (change: (before: Answer<T>) => Answer<T>) => void) {}

  ask(call: Call<T>): void {
    if (this.resting) {
      this.next = call;
      return;
    }
    this.resting = true;
    this.tell((before) => ({ ...before, busy: true }));
    const begun = Date.now();
    void answerOf(call, this.control.signal).then((answer) => {
      if (this.control.signal.aborted) return;
      this.tell(() => answer);
      setTimeout(() => this.goOn(), Date.now() - begun);
    });
  }

  end(): void {
    this.control.abort();
  }

  private goOn(): void {
    const call = this.next;
    this.next = null;
    this.resting = false;
    if (call && !this.control.signal.aborted) this.ask(call);
  }
}

async function answerOf<T>(call: Call<T>, signal: AbortSignal): Promise<Answer<T>> {
  try {
    return { value: await call(signal), busy: false };
  } catch (error) {
    const problem = error instanceof Problem ? error : new Problem(0, 'Failed', String(error));
    return { problem, busy: false };
  }
}
