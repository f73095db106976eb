import type { Pool } from 'pg';
import { createLogger, createRegistry } from '#libs/observability';
import type { Clock } from '#libs/service';
import { certIdDer, createOcspRequest, type OcspStatus } from '#libs/x509';
import { ocspMetrics } from '../ocsp/ocsp.metrics.js';
import { OcspService } from '../ocsp/ocsp.service.js';
import { ResponderRepository } from '../ocsp/responder.repository.js';
import { ResponderService } from '../ocsp/responder.service.js';
import { ResponseCache } from '../ocsp/response.cache.js';
import type { TestCa } from './test-ca.js';

export interface OcspReplicaParts {
  readonly pool: Pool;
  readonly clock: Clock;
  readonly ca: TestCa;
  /** What the replica is told of every certificate. */
  readonly status: () => Promise<OcspStatus>;
  /** Responses to keep; 100 where it is not said. */
  readonly most?: number;
  readonly mayAnswerGood?: () => boolean;
}

/** What one replica answers OCSP requests with. */
export function ocspReplica({ pool, clock, ca, status, most = 100, mayAnswerGood }: OcspReplicaParts) {
  const logger = createLogger('revocation', 'silent');
  const metrics = ocspMetrics(createRegistry('revocation'));
  const cache = new ResponseCache(most);
  const issuer = {
    issueResponderCertificate: async ({ csr = new Uint8Array() }) => ({
      der: await ca.certify(csr, clock.now()),
    }),
  };
  const repository = new ResponderRepository(pool);
  const responders = new ResponderService({
    ...{ repository, signer: ca.signer, clock, logger, issuer: issuer as never },
  });
  const service = new OcspService({
    ...{ cache, clock, logger, metrics, responders, statuses: { of: status, ofNamed: status } },
    authorities: { ofHandle: async (handle) => (handle === ca.authority.handle ? [ca.authority] : []) },
    mayAnswerGood: mayAnswerGood ?? (() => true),
  });
  return { service, cache, responders, metrics, logger };
}

/** An OCSP request for one certificate, in DER. */
export function requestFor(ca: TestCa, serial: Uint8Array): Buffer {
  return createOcspRequest([certIdDer(ca.authority.certificate, serial)]);
}
