import { describe, expect, test } from 'vitest';
import { apply, type Topology, type TypeRow } from '../src/data/world';
import { message, row } from './rows';

const topology: Topology = { events: [{ event: 'Paid', rate: 1 }], observes: [], emits: [] };

describe('what the monitor tells', () => {
  const begun = apply(null, message('snapshot', 0, [row('A|1'), row('A|2')],
    { topology, view: { limit: 1000 } }));

  test('a delta replaces the rows that it has and keeps the others', () => {
    const next = apply(begun, message('delta', 1, [row('A|2', { lag: 7 }), row('B')]));
    expect([...next.flows.keys()]).toEqual(['A|1', 'A|2', 'B']);
    expect(next.flows.get('A|2')?.lag).toBe(7);
    expect(next.flows.get('A|1')).toBe(begun.flows.get('A|1'));
    expect([next.overview.tail, next.limit]).toEqual([1, 1000]);
  });

  test('a flow that is gone is shown no more, one that comes again is', () => {
    const gone = apply(begun, message('delta', 1, [], { flows_gone: ['A|1'] }));
    expect([...gone.flows.keys()]).toEqual(['A|2']);
    const back = apply(gone, message('delta', 2, [row('A|1')], { flows_gone: ['A|1'] }));
    expect([...back.flows.keys()]).toEqual(['A|2', 'A|1']);
  });

  test('types come and go as flows do', () => {
    const types = [{ name: 'A' } as TypeRow, { name: 'B' } as TypeRow];
    const next = apply(begun, message('delta', 1, [], { types }));
    const last = apply(next, message('delta', 2, [], { types_gone: ['A'] }));
    expect([...last.types.keys()]).toEqual(['B']);
  });

  test('a topology stays until another one comes', () => {
    const same = apply(begun, message('delta', 1));
    expect(same.topology).toBe(topology);
    const other = { ...topology, events: [] };
    expect(apply(same, message('delta', 2, [], { topology: other })).topology).toBe(other);
  });

  test('a world is never changed, so that what shows it knows what is new', () => {
    apply(begun, message('delta', 1, [row('C')], { flows_gone: ['A|1'] }));
    expect([...begun.flows.keys()]).toEqual(['A|1', 'A|2']);
    expect(apply(begun, message('delta', 1)).flows).toBe(begun.flows);
  });

  test('a message that is missing is noticed', () => {
    expect(() => apply(begun, message('delta', 2))).toThrow('message 2 after 0');
    expect(() => apply(null, message('delta', 1))).toThrow('after none');
  });

  test('another snapshot replaces everything, whatever its number', () => {
    const next = apply(begun, message('snapshot', 9, [row('Z')]));
    expect([...next.flows.keys()]).toEqual(['Z']);
    expect(apply(next, message('delta', 10)).sequence).toBe(10);
  });

  test('a message of a kind that is not known is passed by', () => {
    expect(apply(begun, message('news', 5))).toBe(begun);
  });
});
