// Calls of docs/guide/service.md. Bodies are data: nothing of them is ever run or made into markup.
import { signal } from '@preact/signals';
import { Problem } from './problem';

export { Problem };

const TOKEN = 'millrace-token';

/** Of this tab alone; asked for when a daemon wants one. */
export const token = signal<string>(sessionStorage.getItem(TOKEN) ?? '');
export const tokenWanted = signal(false);

export function setToken(text: string): void {
  token.value = text.trim();
  sessionStorage.setItem(TOKEN, token.value);
  tokenWanted.value = false;
}

async function call(method: string, target: string, signal?: AbortSignal): Promise<Response> {
  const headers: Record<string, string> = { Accept: 'application/json' };
  if (token.value) headers.Authorization = `Bearer ${token.value}`;
  const answer = await fetch(target, { method, headers, signal: signal ?? null, cache: 'no-store' })
    .catch((error: unknown) => {
      if (signal?.aborted) throw error;
      throw new Problem(0, 'No answer', 'The daemon does not answer.');
    });
  if (answer.ok) return answer;
  if (answer.status === 401) tokenWanted.value = true;
  const said = (await answer.json().catch(() => ({}))) as { title?: string; detail?: string };
  throw new Problem(answer.status, said.title ?? `Status ${answer.status}`, said.detail ?? '');
}

/** A document. Throws `Problem`. */
export async function get<T>(target: string, signal?: AbortSignal): Promise<T> {
  return parsed(await (await call('GET', target, signal)).text()) as T;
}

export async function post<T>(target: string): Promise<T> {
  return parsed(await (await call('POST', target)).text()) as T;
}

type WithRaw = JSON & { rawJSON?: (text: string) => unknown };

/** Numbers that JavaScript cannot hold stay as they are written, in browsers that can do that. */
function parsed(text: string): unknown {
  const raw = (JSON as WithRaw).rawJSON;
  if (!raw || !/\d{16}/.test(text)) return JSON.parse(text);
  return JSON.parse(text, function (_key, value: unknown, ...more: unknown[]) {
    const source = (more[0] as { source?: string } | undefined)?.source;
    const exact = typeof value !== 'number' || Number.isSafeInteger(value) || !source;
    return exact || !/^-?\d{16,}$/.test(source) ? value : raw(source);
  });
}

/** `/v1/flows/KEY` and what is below it. */
export const flowTarget = (key: string, below = '') =>
  `/v1/flows/${encodeURIComponent(key)}${below}`;

export interface Event {
  position: number;
  type: string;
  time: string;
  cause: number | null;
  due?: string;
  emitter?: string;
  ordinal?: number;
  id?: string;
  correlation?: string;
  user?: string;
  from_schedule?: boolean;
  content_type?: string;
  headers?: Record<string, string>;
  data?: unknown;
}

export interface Traced extends Event {
  relation: 'above' | 'event' | 'below';
  depth?: number;
}

export interface Explained {
  kind: string;
  flows: {
    flow: string;
    how: string;
    fate: string;
    why: string;
    detail: string | null;
    checkpoint: number | null;
  }[];
  untold: unknown[];
}

/** Of a flow, or, with `flow_type`, of a type, which has less of it. */
export interface FlowDetail {
  flow?: string;
  flow_type?: string;
  type?: string;
  status: string;
  why: string;
  checkpoint: number | null;
  latest: number | null;
  lag: number;
  error_position: number | null;
  error_message: string | null;
  done: boolean;
  build: number;
  version: number;
  generation: number;
  changed: number | null;
  skipped_count: number;
  skipped: { position: number; message?: string }[];
  timers: { position: number; type: string; due: string }[];
  event: Event | null;
  state: unknown;
}

export interface InboxEntry extends Event {
  state: string;
}

export interface WhatIf {
  flow: string;
  position: number;
  error_message: string | null;
  passes_by: boolean;
  reactions: { type: string; due?: string | null; data?: unknown }[];
  cancelled: unknown[];
  done: boolean;
  event: Event | null;
  state: unknown;
}

export interface Timer {
  position: number;
  due: string;
  type: string;
  flow: string | null;
  set_by: number | null;
  inert: boolean;
}
