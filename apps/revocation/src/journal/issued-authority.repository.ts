import type { Pool } from 'pg';
import { withTenant } from '#libs/database';
import { parseCertificate } from '#libs/x509';
import { hexOf } from '../serial-status/issued-serial.repository.js';
import { canonicalSerial } from '../serial-status/serial.js';
import type { CertificateName } from './journal-entry.js';

interface AuthorityRow {
  readonly ca_id: string;
  readonly kind: 'root' | 'intermediate';
  readonly certificate: Buffer;
}

/** The CA certificates that a customer's root has issued: they are revoked in the root's CRL. */
export class IssuedAuthorityRepository {
  constructor(private readonly pool: Pool) {}

  /** @param serial as `canonicalSerial` gives it */
  find(customerId: string, serial: Uint8Array): Promise<CertificateName | undefined> {
    return withTenant(this.pool, customerId, async (client) => {
      const { rows } = await client.query<AuthorityRow>(
        'SELECT ca_id, kind, certificate FROM revocation.authority WHERE customer_id = $1',
        [customerId],
      );
      const root = rows.find(({ kind }) => kind === 'root');
      if (!root) return undefined;
      for (const row of rows.filter(({ kind }) => kind === 'intermediate')) {
        const { serialHex, notAfter } = parseCertificate(row.certificate);
        const own = canonicalSerial(Buffer.from(serialHex, 'hex'));
        if (own && hexOf(own) === hexOf(serial))
          return { caId: root.ca_id, serial: own, expiresAt: notAfter };
      }
      return undefined;
    });
  }
}
