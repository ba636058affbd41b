// The address within the page, after the `#`: every view, filter and event has one.
import { signal } from '@preact/signals';

export const VIEWS = ['overview', 'flows', 'topology', 'timeline', 'schedule', 'system'] as const;
export type View = (typeof VIEWS)[number];

/** `item`: a flow's key or an event's position, as text. */
export interface Route {
  view: View;
  item: string | null;
  query: Record<string, string>;
}

/** An address that is none of ours is the overview. */
export function parse(hash: string): Route {
  const [path = '', search = ''] = split(hash.replace(/^#?\/?/, ''), '?');
  const [view = '', item] = split(path, '/');
  if (!(VIEWS as readonly string[]).includes(view)) {
    return { view: 'overview', item: null, query: {} };
  }
  const query = Object.fromEntries(new URLSearchParams(search));
  return { view: view as View, item: item === undefined ? null : decode(item), query };
}

function split(text: string, mark: string): [string, string | undefined] {
  const at = text.indexOf(mark);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The inverse of `parse`; empty values of the query are left out. */
export function address(view: View, item?: string | number | null,
                        query: Record<string, string> = {}): string {
  const path = item === undefined || item === null ? view
    : `${view}/${encodeURIComponent(String(item))}`;
  const entries = Object.entries(query).filter(([, value]) => value !== '');
  const search = new URLSearchParams(entries).toString();
  return `#/${path}${search ? '?' + search : ''}`;
}

export const flowAddress = (key: string) => address('flows', key);
export const eventAddress = (position: number) => address('timeline', position);

export const route = signal<Route>({ view: 'overview', item: null, query: {} });

export function followAddress(): void {
  const take = () => (route.value = parse(location.hash));
  take();
  addEventListener('hashchange', take);
}

/** Filters and sorting are in the address, but do not fill the browser's history. */
export function replaceQuery(change: Record<string, string>): void {
  const { view, item, query } = route.value;
  history.replaceState(null, '', address(view, item, { ...query, ...change }));
  route.value = parse(location.hash);
}

export function go(to: string): void {
  location.hash = to;
}
