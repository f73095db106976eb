import { CrlEntries, crlReasons } from '#libs/x509';
import { ShardChanges } from './shard-changes.js';

const now = Date.UTC(2026, 10, 1);
const changed = (serial: number, reason: 1 | 6 | 8 = 1) => ({
  serial: Buffer.from([serial]),
  revokedAt: now,
  reason,
});

function octets(entries: CrlEntries | undefined): Buffer | undefined {
  if (!entries) return undefined;
  const out = Buffer.alloc(entries.length);
  entries.writeTo(out, 0);
  return out;
}

function of(...entries: ReturnType<typeof changed>[]): Buffer | undefined {
  const made = new CrlEntries();
  for (const entry of entries) made.add(entry);
  return octets(made);
}

describe('The changes of a shard', () => {
  it('are those after an entry of the journal, each certificate as it stands last', () => {
    const changes = new ShardChanges(10);
    expect(octets(changes.after(10))).toEqual(of());
    changes.add(11, changed(1, crlReasons.certificateHold));
    changes.add(13, changed(2));
    changes.add(17, changed(1, crlReasons.removeFromCRL));
    expect(octets(changes.after(10))).toEqual(of(changed(1, crlReasons.removeFromCRL), changed(2)));
    expect(octets(changes.after(13))).toEqual(of(changed(1, crlReasons.removeFromCRL)));
    expect(octets(changes.after(20))).toEqual(of());
  });

  it('are unknown from before they were heard of, or were forgotten', () => {
    const changes = new ShardChanges(10);
    expect(changes.after(9)).toBeUndefined();
    changes.add(11, changed(1));
    expect(octets(changes.after(11))).toEqual(of());
    expect(changes.after(10)).toBeUndefined();
  });

  it('are bounded: what memory does not hold is unknown, what comes later is not', () => {
    const changes = new ShardChanges(0);
    for (let sequence = 1; sequence <= 10_000; sequence++) changes.add(sequence, changed(1 + (sequence % 9)));
    expect(changes.after(0)?.count).toBe(9);
    changes.add(10_001, changed(1));
    expect(changes.after(0)).toBeUndefined();
    expect(octets(changes.after(10_000))).toEqual(of(changed(1)));
  });
});
