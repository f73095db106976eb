import type { Pool } from 'pg';
import { type RevocationConfig, StartError } from '#libs/config';
import { IssuerService, ProvisionerService, type RevokedRecord } from '#libs/contracts';
import { createSigner, kmsSettings, type Signer, signerFailureReason } from '#libs/kms';
import { events } from '#libs/rpc';
import type { ServiceDeps } from '#libs/service';
import { AuthorityDirectory } from './authority/authority.directory.js';
import { AuthorityRepository } from './authority/authority.repository.js';
import { CrlBuilder } from './crl/crl.builder.js';
import { CrlCache } from './crl/crl.cache.js';
import { crlMetrics } from './crl/crl.metrics.js';
import { CrlRepository } from './crl/crl.repository.js';
import { CrlScheduler } from './crl/crl.scheduler.js';
import { CrlService } from './crl/crl.service.js';
import { CrlSigner } from './crl/crl-signer.js';
import { CrlStatusService } from './crl/crl-status.service.js';
import type { JournalFollower } from './follow/journal.follower.js';
import { PublicListener } from './http/public.listener.js';
import type { CertificateFinder } from './journal/certificate-finder.js';
import { CertificateStatus } from './ocsp/certificate-status.js';
import { ocspMetrics } from './ocsp/ocsp.metrics.js';
import { OcspRefresher } from './ocsp/ocsp.refresher.js';
import { OcspService } from './ocsp/ocsp.service.js';
import { ResponderRepository } from './ocsp/responder.repository.js';
import { ResponderService } from './ocsp/responder.service.js';
import { ResponseCache } from './ocsp/response.cache.js';

export interface PublishingParts {
  readonly deps: ServiceDeps<RevocationConfig>;
  readonly pool: Pool;
  readonly certificates: CertificateFinder;
  readonly follower: JournalFollower;
  readonly guard: { mayAnswerGood(customerId: string): boolean };
  readonly record: { readonly highestCrlNumber: bigint; crlNumber(number: bigint): Promise<void> };
  /** Wakes the outbox relay. */
  readonly onEvent: () => void;
}

/** What tells relying parties: CRLs, OCSP, and their listener. */
export interface Publishing {
  readonly crlStatus: CrlStatusService;
  /** The port of the listener. */
  readonly port: number;
  stop(): Promise<void>;
}

/** Opens the keys, reads what is published, and serves it. Calls of other services are made from here on. */
export async function startPublishing(parts: PublishingParts): Promise<Publishing> {
  const { deps, pool, follower, guard } = parts;
  const { config, rpc, clock, logger } = deps;
  const signer = await openSigner(deps);
  const issuer = rpc.client(IssuerService);
  const provisioner = rpc.client(ProvisionerService);
  const mayAnswerGood = (customerId: string) => guard.mayAnswerGood(customerId);

  const authorities = new AuthorityDirectory({
    ...{ repository: new AuthorityRepository(pool), provisioner, clock, logger },
  });
  await authorities.load();

  const metrics = crlMetrics(deps.metrics);
  const repository = new CrlRepository(pool);
  const crlCache = new CrlCache(repository);
  const builder = new CrlBuilder({
    ...{ repository, clock, logger, metrics, pkiUrl: config.pkiUrl, record: parts.record },
    signer: new CrlSigner({ signer, provisioner, clock }),
    onPublished(crl) {
      crlCache.put(crl);
      scheduler.onPublished(crl);
      parts.onEvent();
    },
  });
  const scheduler = new CrlScheduler({
    ...{ authorities, repository, builder, cache: crlCache, clock, logger, metrics },
    intervalMs: config.crlInterval * 1000,
    mayBuild: mayAnswerGood,
  });
  const crls = new CrlService({ authorities, cache: crlCache, builder, clock });

  const ends = new Map<string, number>();
  const responseCache = new ResponseCache(config.ocspResponses);
  const signingMetrics = ocspMetrics(deps.metrics);
  const ocsp = new OcspService({
    ...{ authorities, cache: responseCache, clock, logger, mayAnswerGood, metrics: signingMetrics },
    statuses: new CertificateStatus({ certificates: parts.certificates, clock }),
    responders: new ResponderService({
      ...{ repository: new ResponderRepository(pool), signer, issuer, clock, logger },
      onResponder: (caId, notAfter) => ends.set(caId, notAfter),
    }),
  });
  const refresher = new OcspRefresher({
    ...{ service: ocsp, cache: responseCache, clock, metrics: signingMetrics },
    firstEnd: () => (ends.size === 0 ? undefined : Math.min(...ends.values())),
  });

  follower.onEntry((entry) => {
    ocsp.onEntry(entry);
    scheduler.onEntry(entry);
  });
  const subscriptions = await authorities.follow(deps.events);
  const hear = async ({ entries }: { readonly entries: readonly RevokedRecord[] }) => {
    for (const entry of entries) ocsp.onAnnounced(entry);
  };
  subscriptions.push(await deps.events.subscribe(events.revoked, 'revocation', hear, { everyReplica: true }));
  await scheduler.start();
  refresher.start();
  const listener = new PublicListener({
    ...{ crls, ocsp, clock, logger, metrics: signingMetrics },
    mostUrls: config.ocspResponses,
  });
  const port = await listener.listen(config.statusHost, config.statusPort);
  return {
    crlStatus: new CrlStatusService({ pool, authorities, builder, clock }),
    port,
    async stop() {
      await listener.close();
      await Promise.all(subscriptions.map((each) => each.close()));
      await refresher.stop();
      await scheduler.stop();
    },
  };
}

/** @throws StartError when the configured key cannot open the key store: an operator has to act */
async function openSigner({ config, clock, logger }: ServiceDeps<RevocationConfig>): Promise<Signer> {
  try {
    return await createSigner(kmsSettings(config.kms), {
      warn: (message) => logger.warn(message),
      now: () => clock.now(),
    });
  } catch (error) {
    if (!(error instanceof Error) || !signerFailureReason(error)) throw error;
    throw new StartError(error.message, { cause: error });
  }
}
