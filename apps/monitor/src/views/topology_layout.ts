// Where the parts of the topology are drawn, in the order in which events pass them: in four
// columns, or, where there is no room for these, one below the other.
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
  heads: { x: number; y: number; label: string }[];
  nodes: Node[];
  edges: Edge[];
}

export const NODE_HEIGHT = 28;
const GAP = 8;
const WIDE = 196;
const ROUTER = 84;
const BETWEEN = { least: 64, most: 200 };
const HEAD = 28; // above what it is the head of
const GUTTER = { left: 34, right: 26 }; // of one column: its edges are beside it
const TALL_MOST = 420;

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

/** `room` 0: it is not known yet. */
export function picture(of: Topology, types: ReadonlyMap<string, TypeRow>, room: number): Picture {
  const groups = ordered(of, types);
  const fits = room === 0 || room >= 3 * WIDE + ROUTER + 3 * BETWEEN.least;
  const { nodes, ...frame } = fits ? inColumns(groups, room) : inOneColumn(groups, room);
  return { ...frame, nodes, edges: edges(nodes, of, types, fits ? across : beside) };
}

type Groups = Record<Node['kind'], Node[]>;

/** What there is, in an order in which few edges cross. */
function ordered(of: Topology, types: ReadonlyMap<string, TypeRow>): Groups {
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
  const total = events.reduce((sum, one) => sum + one.rate, 0);
  return {
    event: events.map((one) => node('event', one.event, one.rate)),
    router: [{ ...node('router', 'Router', total), width: ROUTER }],
    type: typeNames.map((name) => ({ ...node('type', name, types.get(name)?.rate ?? 0),
                                     tone: toneOf(types.get(name)) })),
    emitted: emittedNames.map((name) => node('emitted', name, emitted.get(name) ?? 0)),
  };
}

const heads: Record<Node['kind'], string> =
  { event: 'Events', router: '', type: 'Flow types', emitted: 'Emitted events' };
const order: Node['kind'][] = ['event', 'router', 'type', 'emitted'];

type Frame = Omit<Picture, 'edges'>;

function inColumns(groups: Groups, room: number): Frame {
  const columns = columnsIn(room);
  const step = NODE_HEIGHT + GAP;
  const rows = Math.max(...order.map((kind) => groups[kind].length));
  const nodes = order.flatMap((kind) => groups[kind].map((one, n) => ({ ...one,
    x: columns[kind], y: HEAD + (rows - groups[kind].length) * step / 2 + n * step })));
  return { width: columns.emitted + WIDE, height: HEAD + rows * step - GAP, nodes,
           heads: order.filter((kind) => heads[kind])
             .map((kind) => ({ x: columns[kind], y: HEAD - 12, label: heads[kind] })) };
}

function inOneColumn(groups: Groups, room: number): Frame {
  const width = Math.min(TALL_MOST, room - GUTTER.left - GUTTER.right);
  const frame: Frame = { width: GUTTER.left + width + GUTTER.right, height: 0, heads: [],
                         nodes: [] };
  for (const kind of order) {
    if (groups[kind].length === 0) continue;
    if (heads[kind]) {
      frame.heads.push({ x: GUTTER.left, y: frame.height + HEAD - 12, label: heads[kind] });
    }
    frame.height += heads[kind] ? HEAD : 2 * GAP;
    for (const one of groups[kind]) {
      frame.nodes.push({ ...one, x: GUTTER.left, y: frame.height,
                         width: kind === 'router' ? ROUTER : width });
      frame.height += NODE_HEIGHT + GAP;
    }
  }
  frame.height -= GAP;
  return frame;
}

function node(kind: Node['kind'], label: string, rate: number): Node {
  return { id: `${kind} ${label}`, kind, label, rate, tone: rate > 0 ? 'busy' : 'quiet',
           x: 0, y: 0, width: WIDE };
}

function edges(nodes: Node[], of: Topology, types: ReadonlyMap<string, TypeRow>,
               curve: (from: Node, to: Node) => string): Edge[] {
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

function across(from: Node, to: Node): string {
  const [x, y] = [from.x + from.width, from.y + NODE_HEIGHT / 2];
  const [toX, toY] = [to.x, to.y + NODE_HEIGHT / 2];
  const bend = (toX - x) / 2;
  return `M${x} ${y}C${x + bend} ${y} ${toX - bend} ${toY} ${toX} ${toY}`;
}

/** On the left what goes through the router, on the right what is emitted, wider the farther. */
function beside(from: Node, to: Node): string {
  const [y, toY] = [from.y + NODE_HEIGHT / 2, to.y + NODE_HEIGHT / 2];
  const right = from.kind === 'type';
  const [x, toX] = right ? [from.x + from.width, to.x + to.width] : [from.x, to.x];
  const most = (right ? GUTTER.right : GUTTER.left) * 4 / 3 - 4; // a curve goes three quarters out
  const out = (right ? 1 : -1) * Math.min(most, 8 + Math.abs(toY - y) / 8);
  return `M${x} ${y}C${x + out} ${y} ${toX + out} ${toY} ${toX} ${toY}`;
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
