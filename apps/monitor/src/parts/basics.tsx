// Small parts that every view uses.
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { now } from '../data/feed';
import { clock, instant, relative } from '../data/format';
import type { Problem } from '../data/api';
import type { FlowRow } from '../data/world';
import { eventAddress, flowAddress } from '../data/route';

export { useAnswer } from './answer';

export type Tone = 'good' | 'busy' | 'warn' | 'bad' | 'quiet';

/** A flow's state in a word, and how to feel about it. */
export function stateOf(row: Pick<FlowRow, 'status' | 'done' | 'hosted' | 'inert'> & {
  in_memory?: boolean; waiting?: number | null; lag?: number;
}): { word: string; tone: Tone } {
  if (row.status === 'stopped') return { word: 'stopped', tone: 'bad' };
  if (row.inert) return { word: 'inert', tone: 'quiet' };
  if (!row.hosted) return { word: 'not hosted', tone: 'quiet' };
  if (row.status === 'pending') {
    const behind = (row.lag ?? 0) > Math.max(1000, 2 * (row.waiting ?? 0));
    return behind ? { word: 'behind', tone: 'warn' } : { word: 'working', tone: 'busy' };
  }
  return row.done ? { word: 'done', tone: 'quiet' } : { word: 'idle', tone: 'good' };
}

export function State({ word, tone }: { word: string; tone: Tone }) {
  return <span class="state" data-tone={tone}><i class="dot" aria-hidden="true" />{word}</span>;
}

/** A time as people say it; the whole of it is in the title. */
export function Time({ at, ago = false }: { at: string | number | null; ago?: boolean }) {
  const time = typeof at === 'number' ? at : instant(at);
  if (time === null) return <span class="quiet">–</span>;
  return (
    <time dateTime={new Date(time).toISOString()} title={typeof at === 'string' ? at : undefined}>
      {ago ? relative(time, now.value) : clock(time, now.value)}
    </time>
  );
}

/** The name of a flow in two tones: type, and id. */
export function FlowName({ flow }: { flow: string }) {
  const at = flow.indexOf('|');
  return at < 0 ? <span class="flow-name"><b>{flow}</b></span>
    : <span class="flow-name"><span>{flow.slice(0, at)}|</span><b>{flow.slice(at + 1)}</b></span>;
}

export function FlowLink({ flow, tabIndex }: { flow: string; tabIndex?: number }) {
  return <a href={flowAddress(flow)} title={flow} tabIndex={tabIndex}><FlowName flow={flow} /></a>;
}

export function EventLink({ at }: { at: number | null | undefined }) {
  if (at === null || at === undefined) return <span class="quiet">–</span>;
  return <a class="number" href={eventAddress(at)}>{at.toLocaleString('en-US')}</a>;
}

export function Section({ title, aside, children, id }: {
  title: string; aside?: ComponentChildren; children: ComponentChildren; id?: string;
}) {
  return (
    <section id={id}>
      <header class="section-head"><h2>{title}</h2>{aside}</header>
      {children}
    </section>
  );
}

export function Figures({ of }: { of: [string, ComponentChildren][] }) {
  return (
    <dl class="figures">
      {of.map(([name, value]) => <div><dt>{name}</dt><dd>{value}</dd></div>)}
    </dl>
  );
}

export function Failure({ problem }: { problem: Problem | undefined }) {
  if (!problem) return null;
  return <p class="failure" role="alert"><strong>{problem.title}.</strong> {problem.message}</p>;
}

export function Empty({ children }: { children: ComponentChildren }) {
  return <p class="empty">{children}</p>;
}

/** The value, but a new one no sooner than `gap` milliseconds after the one before. */
export function useSlowly<T>(value: T, gap: number): T {
  const [taken, take] = useState({ value, at: Date.now() });
  useEffect(() => {
    if (Object.is(value, taken.value)) return undefined;
    const timer = setTimeout(() => take({ value, at: Date.now() }),
                             Math.max(0, taken.at + gap - Date.now()));
    return () => clearTimeout(timer);
  }, [value, taken]);
  return taken.value;
}
