import { describe, expect, test } from 'vitest';
import { listed, mainCause, orderText, parseOrder, turned } from '../src/data/flow_list';
import { row } from './rows';

const all = { text: '', type: '', status: '' };
const rows = [
  row('Orders|17', { lag: 3, status: 'pending', oldest_time: '2026-01-01T00:00:02Z', rate: 4 }),
  row('Orders|18', { rate: null }),
  row('Billing', { lag: 9, status: 'stopped', oldest_time: '2026-01-01T00:00:01Z', rate: 2 }),
];
const names = (filter = all, order = 'status') =>
  listed(rows, filter, parseOrder(order)).map((one) => one.flow);

describe('the list of flows', () => {
  test('those that need somebody are first', () => {
    expect(names()).toEqual(['Billing', 'Orders|17', 'Orders|18']);
  });

  test('a filter takes part of a name, a type and a state', () => {
    expect(names({ ...all, text: 'oRd' })).toEqual(['Orders|17', 'Orders|18']);
    expect(names({ ...all, type: 'Billing' })).toEqual(['Billing']);
    expect(names({ ...all, status: 'pending', text: '17' })).toEqual(['Orders|17']);
  });

  test('what is not known is last, whichever way it is sorted', () => {
    expect(names(all, 'rate')).toEqual(['Billing', 'Orders|17', 'Orders|18']);
    expect(names(all, '-rate')).toEqual(['Orders|17', 'Billing', 'Orders|18']);
    expect(names(all, '-age')).toEqual(['Billing', 'Orders|17', 'Orders|18']);
  });

  test('names are in order of their characters', () => {
    expect(names(all, '-flow')).toEqual(['Orders|18', 'Orders|17', 'Billing']);
  });

  test('an order is one word of the address', () => {
    expect(parseOrder('-lag')).toEqual({ column: 'lag', descending: true });
    expect(orderText({ column: 'lag', descending: true })).toBe('-lag');
    expect(parseOrder('nonsense')).toEqual(parseOrder(undefined));
  });

  test('a figure is sorted from the most, a second click turns it', () => {
    const once = turned(parseOrder(undefined), 'lag');
    expect([once.descending, turned(once, 'lag').descending]).toEqual([true, false]);
    expect(turned(once, 'flow').descending).toBe(false);
  });

  test('the flush cause is the one of most batches', () => {
    expect(mainCause(row('A', { dry: 3, full: 5 }))).toBe('full');
    expect(mainCause(row('A', { dry: 0, full: null, aged: null, reading: 0 }))).toBeNull();
  });
});
