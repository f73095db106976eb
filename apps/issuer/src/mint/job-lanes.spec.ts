import { JobLanes } from './job-lanes.js';

describe('the lanes of jobs', () => {
  const taken = (lanes: JobLanes<string>): string[] => {
    const order: string[] = [];
    for (let next = lanes.next; next !== undefined; next = lanes.next) {
      order.push(next);
      lanes.pass();
    }
    return order;
  };

  it('let a customer pass another one that sent a hundred before, and keep the order of each', () => {
    const lanes = new JobLanes<string>((item) => item.split(' ')[0] ?? '');
    for (let n = 0; n < 100; n++) lanes.push(`heavy ${n}`);
    lanes.push('light 0');
    lanes.push('light 1');
    expect(lanes.lanes).toBe(2);
    const order = taken(lanes);
    expect(order.slice(0, 5)).toEqual(['heavy 0', 'light 0', 'heavy 1', 'light 1', 'heavy 2']);
    expect(order.filter((item) => item.startsWith('heavy'))).toEqual(
      Array.from({ length: 100 }, (_, n) => `heavy ${n}`),
    );
    expect(lanes.lanes).toBe(0);
  });
});
