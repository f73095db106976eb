import { randomUUID } from 'node:crypto';
import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { RevocationActorKind, RevocationReason, SerialStatus } from '#libs/contracts';
import { type IssuedTestCertificate, RevocationHarness } from '../testing/revocation-harness.js';
import { PublishedRecord } from './published-record.js';

const START = '2026-05-19T12:00:00Z';
const DAY = 86_400;
const actor = { kind: RevocationActorKind.OPERATOR, id: 'operator' };

describe('a database that was restored from an older backup', () => {
  let harness: RevocationHarness;
  let customerId: string;
  let certificates: IssuedTestCertificate[];

  beforeAll(async () => {
    harness = await RevocationHarness.start(START);
  });
  afterAll(() => harness?.stop());

  /** Four certificates; three of them are revoked, one entry after the other. */
  beforeEach(async () => {
    customerId = randomUUID();
    const notAfter = Date.parse(START) / 1000 + 7 * DAY;
    certificates = Array.from({ length: 4 }, () => harness.certificate(customerId, notAfter));
    await harness.issue(...certificates);
    for (const { serial } of certificates.slice(0, 3)) await revoke(serial, RevocationReason.SUPERSEDED);
  });

  const revoke = (serial: Uint8Array, reason: RevocationReason) =>
    harness.revocation.revoke({ customerId, serials: [serial], reason, actor });
  const statuses = () =>
    Promise.all(
      certificates.map(({ serial }) =>
        harness.revocation.getSerialStatus({ customerId, serial }).then(
          ({ status }) => SerialStatus[status],
          (error: { code: string }) => error.code,
        ),
      ),
    );

  /** What a backup from before an entry would give back: as the owner, past the trigger. */
  async function rewindTo(sequence: number): Promise<void> {
    await harness.database.query(`DO $$ BEGIN
      SET LOCAL session_replication_role = replica;
      DELETE FROM revocation.journal WHERE customer_id = '${customerId}' AND sequence > ${sequence};
      DELETE FROM revocation.revoked WHERE customer_id = '${customerId}' AND sequence > ${sequence};
      UPDATE revocation.journal_head h SET sequence = j.sequence, hash = j.hash FROM revocation.journal j
        WHERE h.customer_id = '${customerId}' AND j.customer_id = h.customer_id AND j.sequence = ${sequence};
    END $$`);
  }
  const journal = () =>
    harness.database.query<{ sequence: string; hash: Buffer }>(
      'SELECT sequence, hash FROM revocation.journal WHERE customer_id = $1 ORDER BY sequence',
      [customerId],
    );

  async function restartAfter(change: () => Promise<void>): Promise<void> {
    await harness.service.stop();
    await change();
    await harness.startService();
  }
  const metric = async (name: string) =>
    (await harness.registry.getSingleMetric(`stackrunner_${name}`)?.get())?.values[0]?.value;

  it('gets back what it had lost, entry by entry, before anything is answered', async () => {
    const before = await journal();
    await restartAfter(() => rewindTo(1));
    expect(await statuses()).toEqual(['REVOKED', 'REVOKED', 'REVOKED', 'ACTIVE']);
    expect(await journal()).toEqual(before);
    expect(await metric('journal_entries_replayed_total')).toBe(2);
    await revoke(certificates[3]?.serial ?? new Uint8Array(), RevocationReason.KEY_COMPROMISE);
    expect((await journal()).map(({ sequence }) => sequence)).toEqual(['1', '2', '3', '4']);
  });

  it('is noticed also while the service runs', async () => {
    await rewindTo(2);
    for (let tries = 0; (await journal()).length < 3 && tries < 100; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    expect(await statuses()).toEqual(['REVOKED', 'REVOKED', 'REVOKED', 'ACTIVE']);
  });

  it('calls nothing good while the record is damaged, until an operator has told what is missing', async () => {
    await restartAfter(async () => {
      await rewindTo(1);
      const path = join(harness.recordDir, 'journal.log');
      const lines = (await readFile(path, 'utf8')).split('\n');
      const damaged = lines.map((line) =>
        line.includes(customerId) && line.includes('"n":2') ? line.replace('"ca"', '"c!') : line,
      );
      await writeFile(path, damaged.join('\n'));
    });
    expect(await metric('journal_customers_doubted')).toBe(1);
    expect(await statuses()).toEqual([
      'REVOKED',
      'service_unavailable',
      'service_unavailable',
      'service_unavailable',
    ]);
    const missing = certificates.slice(1, 3).map(({ serial }) => serial);
    await harness.revocation.reconcileJournal({ customerId, serials: missing, actor });
    expect(await statuses()).toEqual(['REVOKED', 'REVOKED', 'REVOKED', 'ACTIVE']);
    expect(await metric('journal_customers_doubted')).toBe(0);

    await restartAfter(async () => undefined);
    expect(await statuses()).toEqual(['REVOKED', 'REVOKED', 'REVOKED', 'ACTIVE']);
  });

  it('that went another way since is not believed either', async () => {
    await harness.service.stop();
    const kept = await readFile(join(harness.recordDir, 'journal.log'));
    await rewindTo(1);
    await writeFile(join(harness.recordDir, 'journal.log'), '');
    await harness.startService();
    await revoke(certificates[3]?.serial ?? new Uint8Array(), RevocationReason.SUPERSEDED);
    await restartAfter(() => writeFile(join(harness.recordDir, 'journal.log'), kept));
    expect(await statuses()).toEqual(['REVOKED', 'service_unavailable', 'service_unavailable', 'REVOKED']);
    await harness.revocation.reconcileJournal({ customerId, serials: [], actor });
    // The record still had what the other way had revoked.
    expect(await statuses()).toEqual(['REVOKED', 'REVOKED', 'REVOKED', 'REVOKED']);
  });

  it('may find half a line where a process died', async () => {
    await restartAfter(async () => {
      await rewindTo(2);
      await appendFile(join(harness.recordDir, 'journal.log'), '{"c":"half');
    });
    expect(await statuses()).toEqual(['REVOKED', 'REVOKED', 'REVOKED', 'ACTIVE']);
    await revoke(certificates[3]?.serial ?? new Uint8Array(), RevocationReason.SUPERSEDED);
    await restartAfter(() => rewindTo(3));
    expect(await statuses()).toEqual(['REVOKED', 'REVOKED', 'REVOKED', 'REVOKED']);
  });

  it('never brings back a CRL number', async () => {
    const record = await PublishedRecord.open(harness.recordDir);
    const number = record.highestCrlNumber + 5n;
    await record.crlNumber(number);
    await record.close();
    const again = await PublishedRecord.open(harness.recordDir);
    expect(again.highestCrlNumber).toBeGreaterThanOrEqual(number);
    await again.close();
  });
});
