import { randomBytes, randomUUID } from 'node:crypto';
import { uuidBytes } from '#libs/database';
import { sha256 } from '#libs/x509';
import { packCertificates } from '../mint/certificate-block.js';
import { encodeIssued } from '../mint/issued-event.js';
import type { LedgerEntry } from '../mint/mint.ledger.js';

export interface LedgerEntryWish {
  readonly customerId: string;
  readonly count?: number;
  readonly key?: string;
  readonly body?: string;
  /** Epoch milliseconds; default never. */
  readonly deadline?: number;
  /** Unix seconds. */
  readonly notBefore?: number;
  /** Unix seconds. */
  readonly notAfter?: number;
}

const caId = randomUUID();

/** What the pipeline hands to the ledger, with octets that are no certificates: the ledger does not look. */
export function ledgerEntry(wish: LedgerEntryWish): LedgerEntry {
  const { customerId, count = 1, key, body = 'body' } = wish;
  const times = { notBefore: wish.notBefore ?? 1_775_000_000, notAfter: wish.notAfter ?? 1_775_604_860 };
  const certificates = Array.from({ length: count }, () => {
    const serial = randomBytes(16);
    return { serial, der: Buffer.concat([Buffer.from('der of '), serial]), fingerprint: sha256(serial) };
  });
  return {
    customerId,
    customerUuid: uuidBytes(customerId),
    caUuid: uuidBytes(caId),
    count,
    ...times,
    block: packCertificates(certificates),
    issued: encodeIssued({ customerId, caId, ...times }, certificates),
    ...(key !== undefined && {
      idempotency: { key: sha256(Buffer.from(key)), body: sha256(Buffer.from(body)) },
    }),
    deadline: wish.deadline ?? Number.MAX_SAFE_INTEGER,
  };
}
