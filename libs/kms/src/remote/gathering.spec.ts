import { Gathering } from './gathering.js';

const never = new AbortController().signal;

/** Doubles numbers, and remembers what it was asked in one call. */
function doubling(mostAtOnce = 100) {
  const calls: { key: string; items: readonly number[]; signal: AbortSignal }[] = [];
  const gathering = new Gathering<number, number>({
    mostAtOnce,
    ask: async (key, items, signal) => {
      calls.push({ key, items, signal });
      if (key === 'hanging') return new Promise((_, reject) => signal.addEventListener('abort', reject));
      if (key === 'broken') throw new Error('the line broke');
      return items.map((item) => (item < 0 ? new Error(`${item} is negative`) : item * 2));
    },
  });
  return { calls, run: (key: string, item: number, signal = never) => gathering.run(key, item, signal) };
}

describe('gathering', () => {
  it('asks once for what came in one turn of the event loop, by key, and gives each its own result', async () => {
    const { calls, run } = doubling();
    const asked = Promise.all([
      run('a', 1),
      run('b', 2),
      run('a', 3),
      Promise.resolve().then(() => run('a', 4)),
    ]);
    expect(await asked).toEqual([2, 4, 6, 8]);
    expect(calls.map(({ key, items }) => [key, items])).toEqual([
      ['a', [1, 3, 4]],
      ['b', [2]],
    ]);
    expect(await run('a', 5)).toBe(10);
    expect(calls).toHaveLength(3);
  });

  it('asks for no more at once than it may', async () => {
    const { calls, run } = doubling(2);
    expect(await Promise.all([1, 2, 3, 4, 5].map((item) => run('a', item)))).toEqual([2, 4, 6, 8, 10]);
    expect(calls.map(({ items }) => items)).toEqual([[1, 2], [3, 4], [5]]);
  });

  it('lets one item fail alone, and all of them with their call', async () => {
    const { run } = doubling();
    const [one, other] = await Promise.allSettled([run('a', 1), run('a', -1)]);
    expect(one).toMatchObject({ value: 2 });
    expect(other).toMatchObject({ reason: { message: '-1 is negative' } });
    for (const each of await Promise.allSettled([run('broken', 1), run('broken', 2)])) {
      expect(each).toMatchObject({ reason: { message: 'the line broke' } });
    }
  });

  it('ends the call with the last who waits for it, and asks for nobody who has gone', async () => {
    const { calls, run } = doubling();
    const [first, second] = [new AbortController(), new AbortController()];
    const settled = Promise.allSettled([run('hanging', 1, first.signal), run('hanging', 2, second.signal)]);
    const gone = new AbortController();
    const never = run('unasked', 3, gone.signal);
    gone.abort(new Error('gone'));
    await expect(never).rejects.toThrow('gone');
    await new Promise((resolve) => setImmediate(resolve));
    first.abort(new Error('late'));
    expect(calls[0]?.signal.aborted).toBe(false);
    second.abort(new Error('late too'));
    expect(calls[0]?.signal.aborted).toBe(true);
    const [one, other] = await settled;
    expect(one).toMatchObject({ reason: { message: 'late' } });
    expect(other).toMatchObject({ reason: { message: 'late too' } });
    expect(calls.map(({ key }) => key)).toEqual(['hanging']);
  });
});
