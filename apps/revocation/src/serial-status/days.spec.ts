import { dayMs, dayOf, daysBetween } from './days.js';

describe('days', () => {
  const noon = Date.UTC(2026, 1, 27, 12);

  it('are those of UTC', () => {
    expect([noon, noon + dayMs / 2 - 1, noon + dayMs / 2].map(dayOf)).toEqual([
      '2026-02-27',
      '2026-02-27',
      '2026-02-28',
    ]);
  });

  it('of a span have both ends, and none is of a span that ends before it begins', () => {
    expect(daysBetween(noon, noon)).toBe('{2026-02-27}');
    expect(daysBetween(noon, noon + 2 * dayMs)).toBe('{2026-02-27,2026-02-28,2026-03-01}');
    expect(daysBetween(noon, noon - 2 * dayMs)).toBe('{}');
  });

  it('are the same however many other spans were asked for in between', () => {
    const spans = Array.from({ length: 40 }, (_, days) => daysBetween(noon, noon + days * dayMs));
    expect(spans.map((_, days) => daysBetween(noon, noon + days * dayMs))).toEqual(spans);
    expect(spans.map((days) => days.split(',').length)).toEqual(spans.map((_, days) => days + 1));
  });
});
