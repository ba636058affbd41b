// Where the parts of the topology are drawn: four columns, in the order in which events pass them.
import type { Tone } from '../parts/basics';
import type { Topology, TypeRow } from '../data/world';

export interface Node {
  id: string;
  kind: 'event' | 'router' | 'type' | 'emitted';
  label: string;
  rate: number;
  tone: Tone;
  x: number;
  y: number;
  width: number;
}

export interface Edge {
  from: string;
  to: string;
  rate: number;
  tone: Tone;
  path: string;
  width: number;
}

export interface Picture {
  width: number;
  height: number;
  heads: { x: number; label: string }[];
  nodes: Node[];
  edges: Edge[];
}

export const NODE_HEIGHT = 28;
const GAP = 8;
const WIDE = 196;
const ROUTER = 84;
const BETWEEN = { least: 64, most: 200 };

/** Where the columns begin when there is so much room. */
function columnsIn(room: number) {
  const spare = (room - 3 * WIDE - ROUTER) / 3;
  const between = Math.max(BETWEEN.least, Math.min(BETWEEN.most, spare));
  return { event: 0, router: WIDE + between, type: WIDE + ROUTER + 2 * between,
           emitted: 2 * WIDE + ROUTER + 3 * between };
}

/** A type is bad when something of it stopped, behind when much waits, busy when it handles. */
export function toneOf(type: TypeRow | undefined): Tone {
  if (!type || type.inert) return 'quiet';
  if (type.stopped > 0 || type.parked) return 'bad';
  if (type.lag > Math.max(1000, 2 * type.rate)) return 'warn';
  return type.rate > 0 ? 'busy' : 'quiet';
}

/** Nothing at all: 1; then 1.5 for one a second and one and a half more for each power of ten. */
export const thickness = (rate: number) => 1 + (rate > 0 ? 0.5 + 1.5 * Math.log10(1 + rate) : 0);

export function picture(of: Topology, types: ReadonlyMap<string, TypeRow>, room: number): Picture {
  const columns = columnsIn(room);
  const observed = new Set(of.observes.map((one) => one.event));
  const emitted = new Map<string, number>();
  for (const one of of.emits) emitted.set(one.event, (emitted.get(one.event) ?? 0) + one.rate);
  const events = of.events.filter((one) => observed.has(one.event))
    .sort((a, b) => Number(emitted.has(a.event)) - Number(emitted.has(b.event)) ||
                    (a.event < b.event ? -1 : 1));
  const typeNames = byMiddle([...types.keys()], events.map((one) => one.event),
    of.observes.map((one) => [one.type, one.event]));
  const emittedNames = byMiddle([...emitted.keys()], typeNames,
    of.emits.map((one) => [one.event, one.type]));
  const rows = Math.max(events.length, typeNames.length, emittedNames.length, 1);
  const height = rows * (NODE_HEIGHT + GAP) - GAP;
  const place = (many: number, n: number) =>
    (height - many * (NODE_HEIGHT + GAP) + GAP) / 2 + n * (NODE_HEIGHT + GAP);
  const total = events.reduce((sum, one) => sum + one.rate, 0);
  const nodes = placed(columns, [
    ...events.map((one, n): Node => ({ ...node('event', one.event, one.rate),
      y: place(events.length, n) })),
    { ...node('router', 'Router', total), y: (height - NODE_HEIGHT) / 2, width: ROUTER },
    ...typeNames.map((name, n): Node => ({ ...node('type', name, types.get(name)?.rate ?? 0),
      tone: toneOf(types.get(name)), y: place(typeNames.length, n) })),
    ...emittedNames.map((name, n): Node => ({ ...node('emitted', name, emitted.get(name) ?? 0),
      y: place(emittedNames.length, n) })),
  ]);
  const heads = [{ x: columns.event, label: 'Events' }, { x: columns.type, label: 'Flow types' },
                 { x: columns.emitted, label: 'Emitted events' }];
  return { width: columns.emitted + WIDE, height, heads, nodes, edges: edges(nodes, of, types) };
}

const placed = (columns: Record<Node['kind'], number>, nodes: Node[]): Node[] =>
  nodes.map((one) => ({ ...one, x: columns[one.kind] }));

function node(kind: Node['kind'], label: string, rate: number): Node {
  return { id: `${kind} ${label}`, kind, label, rate, tone: rate > 0 ? 'busy' : 'quiet',
           x: 0, y: 0, width: WIDE };
}

function edges(nodes: Node[], of: Topology, types: ReadonlyMap<string, TypeRow>): Edge[] {
  const at = new Map(nodes.map((one) => [one.id, one]));
  const made: Edge[] = [];
  const join = (from: string, to: string, rate: number, tone: Tone) => {
    const [a, b] = [at.get(from), at.get(to)];
    if (a && b) made.push({ from, to, rate, tone, path: curve(a, b), width: thickness(rate) });
  };
  const hub = 'router Router';
  for (const one of nodes) if (one.kind === 'event') join(one.id, hub, one.rate, one.tone);
  const observing = new Set(of.observes.map((one) => one.type));
  for (const one of nodes) {
    if (one.kind === 'type' && observing.has(one.label)) join(hub, one.id, one.rate, one.tone);
  }
  for (const one of of.emits) {
    const tone = toneOf(types.get(one.type));
    join(`type ${one.type}`, `emitted ${one.event}`, one.rate,
         tone === 'busy' && one.rate === 0 ? 'quiet' : tone);
  }
  return made;
}

function curve(from: Node, to: Node): string {
  const [x, y] = [from.x + from.width, from.y + NODE_HEIGHT / 2];
  const [toX, toY] = [to.x, to.y + NODE_HEIGHT / 2];
  const bend = (toX - x) / 2;
  return `M${x} ${y}C${x + bend} ${y} ${toX - bend} ${toY} ${toX} ${toY}`;
}

/** Ordered by the middle of what they are joined to, so that few edges cross. */
function byMiddle(names: string[], before: string[], joined: [string, string][]): string[] {
  const place = new Map(before.map((name, n) => [name, n]));
  const middles = new Map<string, number>();
  for (const name of names) {
    const found = joined.filter(([one]) => one === name)
      .map(([, other]) => place.get(other)).filter((n): n is number => n !== undefined);
    middles.set(name, found.length ? found.reduce((a, b) => a + b) / found.length : before.length);
  }
  return [...names].sort((a, b) =>
    middles.get(a)! - middles.get(b)! || (a < b ? -1 : 1));
}
