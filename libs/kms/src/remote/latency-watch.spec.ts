import { LatencyWatch } from './latency-watch.js';

describe('the watch over latencies', () => {
  const sample = (watch: LatencyWatch, milliseconds: number) => {
    for (let n = 0; n < 15; n++) expect(watch.add(milliseconds)).toBe(false);
    expect(watch.add(milliseconds)).toBe(true);
    return watch.ratio;
  };

  it('compares each sample with the best one', () => {
    const watch = new LatencyWatch(() => 0);
    expect(sample(watch, 20)).toBe(1);
    expect(sample(watch, 10)).toBe(1);
    expect(sample(watch, 30)).toBe(3);
  });

  it('believes a backend that has become slower, after a while', () => {
    let now = 0;
    const watch = new LatencyWatch(() => now);
    sample(watch, 10);
    now = 15_000;
    expect(sample(watch, 30)).toBe(3);
    now = 30_000;
    expect(sample(watch, 30)).toBe(1);
  });
});
