import { describe, expect, test } from 'vitest';
import type { Topology, TypeRow } from '../src/data/world';
import { picture, thickness, toneOf } from '../src/views/topology_layout';
import { beginningOf, pieces } from '../src/parts/json_pieces';
import { address, parse } from '../src/data/route';

describe('addresses', () => {
  test('any key and any filter go through an address', () => {
    for (const key of ['a/b', 'ü|x', '100%', 'q?x=1&y#z', '日本 "quoted"', '<img src=x>', '.', '']) {
      expect(parse(address('flows', key, { filter: key })).item).toBe(key);
      expect(parse(address('flows', null, { filter: key })).query.filter ?? '').toBe(key);
    }
  });

  test('what is no address is the overview, and never an error', () => {
    for (const hash of ['', '#', '#/', '#/nonsense', '#/__proto__/x', 'javascript:alert(1)']) {
      expect(parse(hash).view).toBe('overview');
    }
    expect(parse('#/flows/%E0%A4%A').item).toBe('%E0%A4%A');
  });
});

describe('a document', () => {
  test('of a large one so much is shown as people read, in whole lines where there are any', () => {
    const text = JSON.stringify(Array.from({ length: 1000 }, (_, n) => n), null, 2);
    expect(beginningOf(text, { lines: 3, size: 1000 })).toBe('[\n  0,\n  1,\n');
    expect(beginningOf(text, { lines: 1000, size: 12 })).toBe('[\n  0,\n  1,\n');
    expect(beginningOf(text, { lines: 2000, size: 1e6 })).toBe(text);
    const one = JSON.stringify('x'.repeat(100));
    expect(beginningOf(one, { lines: 3, size: 10 })).toBe('"xxxxxxxxx');
    expect(beginningOf(`{\n  ${one}\n}`, { lines: 3, size: 10 })).toBe('{\n');
  });

  test('its pieces are the text again, whatever it says', () => {
    for (const value of [{ a: [1, -2.5e-7, true, null] }, '<script>alert(1)</script>', 'a\\"b: 1',
                         { '</pre>': '"' }, [], 12345678901]) {
      const text = JSON.stringify(value, null, 2);
      expect(pieces(text).map((one) => one.text).join('')).toBe(text);
    }
  });

  test('names, text, numbers and words differ', () => {
    expect(pieces('{"a": "b", "c": [1, true]}').filter((one) => one.kind !== 'plain')
      .map((one) => one.kind)).toEqual(['name', 'text', 'name', 'number', 'word']);
  });
});

const type = (name: string, more: Partial<TypeRow> = {}) =>
  [name, { name, rate: 0, lag: 0, stopped: 0, ...more } as TypeRow] as const;

describe('the topology', () => {
  const topology: Topology = {
    events: [{ event: 'Paid', rate: 5 }, { event: 'Placed', rate: 0 }, { event: 'Loose', rate: 1 }],
    observes: [{ event: 'Placed', type: 'Billing', rate: 0 },
               { event: 'Paid', type: 'Mail', rate: 5 }],
    emits: [{ type: 'Billing', event: 'Paid', rate: 5 }],
  };
  const types = new Map([type('Mail', { rate: 5 }), type('Billing', { stopped: 1 })]);
  const drawn = picture(topology, types, 1000);

  test('events that nobody observes are left out', () => {
    expect(drawn.nodes.map((one) => one.id)).toEqual(['event Placed', 'event Paid', 'router Router',
      'type Billing', 'type Mail', 'emitted Paid']);
  });

  test('edges go from events through the router and the types to what these emit', () => {
    expect(drawn.edges.map((one) => `${one.from} > ${one.to}`)).toEqual([
      'event Placed > router Router', 'event Paid > router Router', 'router Router > type Billing',
      'router Router > type Mail', 'type Billing > emitted Paid']);
    expect(drawn.edges.map((one) => one.tone)).toEqual(['quiet', 'busy', 'bad', 'busy', 'bad']);
  });

  test('no two parts of a column overlap, and all are inside', () => {
    for (const a of drawn.nodes) {
      expect(a.y).toBeGreaterThanOrEqual(0);
      expect(a.x + a.width).toBeLessThanOrEqual(drawn.width);
      for (const b of drawn.nodes) {
        if (a !== b && a.x === b.x) expect(Math.abs(a.y - b.y)).toBeGreaterThan(28);
      }
    }
  });

  test('what stopped outweighs what is behind, and that what is busy', () => {
    const behind = { lag: 1e6, rate: 1 };
    expect([{ ...behind, stopped: 1 }, behind, { rate: 1 }, {}, { inert: true }]
      .map((more) => toneOf(type('A', more)[1])))
      .toEqual(['bad', 'warn', 'busy', 'quiet', 'quiet']);
    expect(thickness(0)).toBeLessThan(thickness(1));
    expect(thickness(1e6)).toBeLessThan(12);
  });

  test('where four columns have no room they are one, as wide as the room', () => {
    const tall = picture(topology, types, 296);
    expect(tall.width).toBe(296);
    expect(tall.nodes.map((one) => one.id)).toEqual(drawn.nodes.map((one) => one.id));
    expect(tall.edges.length).toBe(drawn.edges.length);
    expect(tall.heads.map((one) => one.label)).toEqual(['Events', 'Flow types', 'Emitted events']);
    let below = 0;
    for (const one of tall.nodes) {
      expect(one.y).toBeGreaterThanOrEqual(below);
      below = one.y + 28;
    }
    expect(tall.height).toBe(below);
  });

  test('beside one column no edge leaves the picture', () => {
    const many: Topology = { ...topology,
      observes: Array.from({ length: 40 }, (_, n) => ({ event: 'Paid', type: `T${n}`, rate: 1 })),
      emits: Array.from({ length: 40 }, (_, n) => ({ type: `T${n}`, event: `E${n}`, rate: 1 })) };
    const types40 = new Map(many.observes.map((one) => type(one.type)));
    for (const edge of picture(many, types40, 296).edges) {
      const [x0, , x1, , x2, , x3] = edge.path.match(/-?[\d.]+/g)!.map(Number) as
        [number, number, number, number, number, number, number];
      const middle = (x0 + 3 * x1 + 3 * x2 + x3) / 8;
      expect(middle).toBeGreaterThan(0);
      expect(middle).toBeLessThan(296);
    }
  });
});
