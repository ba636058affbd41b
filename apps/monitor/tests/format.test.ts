import { describe, expect, test } from 'vitest';
import { bytes, clock, count, duration, NONE, plural, rate, relative, short }
  from '../src/data/format';

describe('figures', () => {
  test('a count is grouped, and an unknown one is a dash', () => {
    expect(count(1234567)).toBe('1,234,567');
    expect([count(null), short(undefined), rate(NaN), bytes(null), duration(null)])
      .toEqual([NONE, NONE, NONE, NONE, NONE]);
  });

  test('a short figure keeps the three digits that matter', () => {
    expect([0, 0.01, 0.44, 7, 12.34, 99.94, 99.96, 999.4].map(short))
      .toEqual(['0', '<0.1', '0.4', '7', '12.3', '99.9', '100', '999']);
    expect([999.6, 12345, 999499, 1e6, 4.206e6, -1500].map(short))
      .toEqual(['1.00 k', '12.3 k', '999 k', '1.00 M', '4.21 M', '−1.50 k']);
  });

  test('sizes are in powers of a thousand', () => {
    expect([0, 999, 1000, 18.4e6, 53.2e9, 2.5e15].map(bytes))
      .toEqual(['0 B', '999 B', '1.00 kB', '18.4 MB', '53.2 GB', '2500 TB']);
  });

  test('a duration is said in the units that fit it', () => {
    expect([0, 0.00084, 0.0032, 0.85, 4, 59.94, 59.96, 252, 7500, 273600].map(duration))
      .toEqual(['0 s', '840 µs', '3.2 ms', '850 ms', '4.0 s', '59.9 s', '1 min 00 s', '4 min 12 s',
                '2 h 05 min', '3 d 4 h']);
  });

  test('one thing is singular', () => {
    expect([plural(1, 'flow'), plural(0, 'flow'), plural(2, 'query', 'queries')])
      .toEqual(['1 flow', '0 flows', '2 queries']);
  });
});

describe('times', () => {
  const noon = new Date(2026, 10, 26, 12, 0, 5).getTime();

  test('a time of today has no date', () => {
    expect(clock(noon, noon)).toBe('12:00:05');
    expect(clock(noon, noon + 86400e3)).toBe('2026-11-26 12:00:05');
    expect(clock(noon, noon, false)).toBe('12:00');
  });

  test('a time is before or after now', () => {
    expect([noon, noon - 12e3, noon + 240e3].map((time) => relative(time, noon)))
      .toEqual(['now', '12 s ago', 'in 4 min 00 s']);
  });
});
