// The connection to `/v1/monitor`, and what it told. Nothing here draws anything.
import { computed, signal } from '@preact/signals';
import { get, token, tokenWanted } from './api';
import { backoff } from './backoff';
import { History } from './history';
import { apply, type FlowRow, type Message, type Overview, type Recent, type World }
  from './world';

/** As the service promises a message a second, three seconds of silence are a broken connection. */
const SILENCE = 3000;
export const VIEW_MAX = 2000;

export interface View {
  type?: string;
  status?: string;
  contains?: string;
}

export const world = signal<World | null>(null);
export const overview = computed<Overview | null>(() => world.value?.overview ?? null);
/** Since when what is shown is no longer true; null: it is. Local milliseconds. */
export const staleSince = signal<number | null>(null);
export const retryAt = signal<number | null>(null);
/** Local milliseconds; moves once a second also when nothing comes. */
export const now = signal(Date.now());

const GENERAL = ['append_rate', 'handled_rate', 'lag', 'stopped', 'commit_p99', 'flush_p99',
                 'disk_free', 'timers_overdue'] as const;
export type Figure = (typeof GENERAL)[number] | 'oldest_age';
export const general = new History(GENERAL.length + 1);

export const columnOf = (figure: Figure) =>
  figure === 'oldest_age' ? GENERAL.length : GENERAL.indexOf(figure);

/** Lag, rate and batch sizes of flows. The one that is looked at is kept in more detail. */
const histories = new Map<string, History>();
export const watched = signal<string | null>(null);

export function historyOf(flow: string): History {
  const known = histories.get(flow);
  if (known) return known;
  const made = new History(4);
  histories.set(flow, made);
  return made;
}

let socket: WebSocket | null = null;
let silence = 0;
let waiting = 0;
let attempts = 0;
let lastHeard = Date.now();
let view: View = {};

export function start(): void {
  setInterval(() => (now.value = Date.now()), 1000);
  addEventListener('online', retryNow);
  connect();
}

export function retryNow(): void {
  if (staleSince.value === null && world.value) return;
  attempts = 0;
  connect();
}

/** Which flows the service shows: needed only when there are more of them than fit. */
export function show(wanted: View): void {
  if (JSON.stringify(wanted) === JSON.stringify(view)) return;
  view = wanted;
  if (socket?.readyState === WebSocket.OPEN) sendView(socket);
}

function sendView(to: WebSocket): void {
  to.send(JSON.stringify({ message: 'view', limit: VIEW_MAX, ...view }));
}

function protocols(): string[] {
  if (!token.value) return ['millrace.v1'];
  const text = btoa(token.value).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
  return ['millrace.v1', `millrace.bearer.${text}`];
}

function connect(): void {
  close();
  const first = view;
  const query = new URLSearchParams({ limit: String(VIEW_MAX), ...first });
  const address = new URL(`v1/monitor?${query}`, location.href);
  address.protocol = address.protocol === 'https:' ? 'wss:' : 'ws:';
  const opened = new WebSocket(address, protocols());
  socket = opened;
  listenUntil(opened, SILENCE * 2);
  opened.onopen = () => view !== first && sendView(opened);
  opened.onmessage = (event) => {
    try {
      take(JSON.parse(String(event.data)) as Message);
    } catch {
      lost(opened);
      return;
    }
    listenUntil(opened, SILENCE);
  };
  opened.onclose = () => lost(opened);
}

function close(): void {
  clearTimeout(waiting);
  clearTimeout(silence);
  const old = socket;
  socket = null;
  if (old) {
    old.onopen = old.onmessage = old.onclose = null;
    old.close();
  }
}

function listenUntil(of: WebSocket, limit: number): void {
  clearTimeout(silence);
  silence = setTimeout(() => lost(of), limit);
}

function lost(which: WebSocket): void {
  if (which !== socket) return;
  close();
  if (staleSince.value === null) {
    staleSince.value = lastHeard;
    general.interrupt();
    for (const one of histories.values()) one.interrupt();
  }
  // A browser does not tell a page why it was refused; this call does, and asks for a token.
  if (attempts === 0) get('/version').catch(() => undefined);
  const wait = backoff(++attempts, Math.random());
  retryAt.value = Date.now() + wait;
  waiting = setTimeout(connect, wait);
}

function take(message: Message): void {
  const next = apply(world.value, message);
  if (message.history) recall(message.history, next.at);
  world.value = next;
  attempts = 0;
  lastHeard = now.value = Date.now();
  staleSince.value = null;
  retryAt.value = null;
  tokenWanted.value = false;
  remember(next);
}

/** What the service has seen before it was asked. */
function recall(recent: Recent, at: number): void {
  const ages = recent.age ?? [];
  general.refill(ages.map((age) => at - 1000 * (age ?? 0)), ages.map((_, n) =>
    [...GENERAL, 'oldest_age'].map((name) => recent[name]?.[n] ?? null)));
}

function remember(next: World): void {
  const of = next.overview;
  const oldest = of.oldest_time ? Math.max(0, (next.at - Date.parse(of.oldest_time)) / 1000) : 0;
  general.add(next.at, [...GENERAL.map((name) => of[name]), oldest], 1000);
  for (const row of next.changed) rememberFlow(row, next.at);
  const seen = watched.value ? next.flows.get(watched.value) : undefined;
  if (seen) rememberFlow(seen, next.at);
  if (histories.size > 2 * VIEW_MAX) {
    for (const flow of histories.keys()) if (!next.flows.has(flow)) histories.delete(flow);
  }
}

function rememberFlow(row: FlowRow, at: number): void {
  const gap = row.flow === watched.value ? 1000 : 5000;
  historyOf(row.flow).add(at, [row.lag, row.rate, row.batch_p50, row.batch_p95], gap);
}
