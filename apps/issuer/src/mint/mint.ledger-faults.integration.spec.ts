import { connect, createServer, type Socket } from 'node:net';
import { FixedClock } from '#libs/testing';
import { ledgerEntry } from '../testing/ledger-entry.js';
import { LedgerHarness } from '../testing/ledger-harness.js';

describe('the ledger on a bad day', () => {
  const clock = new FixedClock('2026-06-10T08:00:00Z');
  let harness: LedgerHarness;

  beforeAll(async () => {
    harness = await LedgerHarness.start(clock);
  });
  afterAll(() => harness.stop());

  it('drops what waited beyond its deadline, and only that', async () => {
    const customerId = await harness.customer();
    const ledger = harness.ledger();
    const late = ledger.record(ledgerEntry({ customerId, deadline: clock.now() }));
    const inTime = ledger.record(ledgerEntry({ customerId, deadline: clock.now() + 1 }));
    await expect(late).rejects.toMatchObject({ code: 'deadline_exceeded' });
    expect(await inTime).toMatchObject({ outcome: 'minted' });
    expect(await harness.stored(customerId)).toBe(1);
  });

  it('refuses more than may wait', async () => {
    const customerId = await harness.customer();
    const ledger = harness.ledger({ capacity: 5 });
    const first = ledger.record(ledgerEntry({ customerId, count: 5 }));
    expect(() => ledger.record(ledgerEntry({ customerId }))).toThrow(
      expect.objectContaining({ code: 'overloaded' }),
    );
    expect(await first).toMatchObject({ outcome: 'minted' });
    expect(await ledger.record(ledgerEntry({ customerId }))).toMatchObject({ outcome: 'minted' });
  });

  it('records what it accepted before it closes, and takes nothing new', async () => {
    const customerId = await harness.customer();
    const ledger = harness.ledger({ groupSize: 2 });
    const accepted = [1, 2, 3, 4, 5].map(() => ledger.record(ledgerEntry({ customerId })));
    await ledger.close();
    expect(await harness.stored(customerId)).toBe(5);
    await Promise.all(accepted);
    expect(() => ledger.record(ledgerEntry({ customerId }))).toThrow(
      expect.objectContaining({ code: 'service_unavailable' }),
    );
  });

  it('answers storage_unavailable when its connection is ended, and works again', async () => {
    const customerId = await harness.customer();
    const ledger = harness.ledger();
    await ledger.record(ledgerEntry({ customerId }));
    // The row's lock keeps the statement from ending until the server ends the connection.
    const holding = await harness.hold(customerId);
    const pending = ledger.record(ledgerEntry({ customerId, count: 3 }));
    const failed = expect(pending).rejects.toMatchObject({ code: 'storage_unavailable' });
    await harness.endBackends('record_mints');
    await failed;
    await holding.release();
    expect(await harness.stored(customerId)).toBe(1);
    expect(await ledger.record(ledgerEntry({ customerId, count: 3 }))).toMatchObject({
      outcome: 'minted',
      batchNumber: 1,
    });
  });

  it('lets a retry with the same key find what a lost answer had recorded', async () => {
    const customerId = await harness.customer();
    const proxy = await startProxy(harness.database.url('issuer'));
    const ledger = harness.ledger({}, proxy.url);
    await ledger.record(ledgerEntry({ customerId }));
    proxy.swallowAnswers();
    const entry = ledgerEntry({ customerId, count: 2, key: 'retry-me' });
    const failed = expect(ledger.record(entry)).rejects.toMatchObject({ code: 'storage_unavailable' });
    await harness.until(async () => (await harness.stored(customerId)) === 3);
    proxy.cut();
    await failed;
    const retry = await harness.ledger().record(ledgerEntry({ customerId, count: 2, key: 'retry-me' }));
    expect(retry).toMatchObject({ outcome: 'replayed' });
    expect(await harness.stored(customerId)).toBe(3);
    await proxy.close();
  });
});

/** Between the ledger and PostgreSQL: it can keep answers back, and cut. */
async function startProxy(target: string) {
  const { hostname, port } = new URL(target);
  const sockets = new Set<Socket>();
  let swallowing = false;
  const server = createServer((client) => {
    const upstream = connect(Number(port), hostname);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
    }
    client.on('data', (data) => upstream.write(data));
    upstream.on('data', (data) => {
      if (!swallowing) client.write(data);
    });
    client.on('close', () => upstream.destroy());
    upstream.on('close', () => client.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const url = new URL(target);
  url.host = `127.0.0.1:${typeof address === 'object' ? address?.port : 0}`;
  // The socket in the server's folder, which would pass this by.
  url.searchParams.delete('host');
  return {
    url: url.href,
    swallowAnswers() {
      swallowing = true;
    },
    cut() {
      for (const socket of sockets) socket.destroy();
      swallowing = false;
    },
    close: () => new Promise<void>((resolve) => server.close(() => resolve())),
  };
}
