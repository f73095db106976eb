// Publishes a CRL twice, from the rows in PostgreSQL and from memory, in a process of its own; prints what each costs.
import { createPool } from '#libs/database';
import { createLogger, createRegistry } from '#libs/observability';
import { AuthorityRepository } from '../../apps/revocation/src/authority/authority.repository.js';
import { CrlBuilder } from '../../apps/revocation/src/crl/crl.builder.js';
import { crlMetrics } from '../../apps/revocation/src/crl/crl.metrics.js';
import { CrlRepository } from '../../apps/revocation/src/crl/crl.repository.js';
import { CrlSigner } from '../../apps/revocation/src/crl/crl-signer.js';
import { CaFixture } from '../../apps/revocation/src/testing/ca-fixture.js';
import { cpuSeconds, pastSeconds } from './cpu.js';

const count = Number(process.argv[2]);
const fixture = await CaFixture.start();
const settings = { ...fixture.database.settings('revocation'), statementTimeoutMs: 60_000 };
const pool = createPool(settings, { service: 'revocation' });
try {
  const { authority, signer } = await fixture.ca();
  const { certificate, ...row } = authority;
  await new AuthorityRepository(pool).keep({ ...row, certificate: certificate.der });
  await fixture.database.query(
    `INSERT INTO revocation.revoked (ca_id, serial, customer_id, revoked_at, reason, expires_at, sequence)
     SELECT $1, uuid_send(gen_random_uuid()), $2, $3::timestamptz - random() * interval '90 days', 4,
       $3::timestamptz + (1 + 88 * random()) * interval '1 day', 0
     FROM generate_series(1, $4::int)`,
    [authority.caId, authority.customerId, new Date(fixture.clock.now()), count],
  );
  await fixture.database.query('VACUUM ANALYZE revocation.revoked');
  await fixture.database.query('CHECKPOINT');
  const [file] = await fixture.database.query<{ text: string }>(
    "SELECT pg_read_file('postmaster.pid') AS text",
  );
  const postmaster = Number.parseInt(file?.text ?? '', 10);
  const builder = new CrlBuilder({
    ...{ repository: new CrlRepository(pool), clock: fixture.clock, pkiUrl: 'http://pki.example' },
    record: { highestCrlNumber: 0n, crlNumber: async () => undefined },
    logger: createLogger('revocation', 'silent'),
    metrics: crlMetrics(createRegistry('bench')),
    signer: new CrlSigner({
      ...{ signer, clock: fixture.clock },
      provisioner: { signRootCrl: () => Promise.reject(new Error('no root is asked')) },
    }),
    onPublished: () => undefined,
  });
  const everUsed = (): number => cpuSeconds(postmaster) + pastSeconds(postmaster);
  const costs: { ours: number; postgres: number }[] = [];
  for (let times = 0; times < 2; times++) {
    const before = { ours: process.cpuUsage(), postgres: everUsed() };
    await builder.build({ authority, shard: 0, cause: 'requested' });
    const { user, system } = process.cpuUsage(before.ours);
    const postgres = everUsed() - before.postgres;
    costs.push({ ours: (user + system) / 1e6, postgres });
  }
  console.log(JSON.stringify({ costs, peakMb: process.resourceUsage().maxRSS / 1024 }));
} finally {
  await pool.end();
  await fixture.stop();
}
