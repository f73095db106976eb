import { DomainError } from '#libs/errors';
import { formatKeyRef, parseKeyRef, signerFailureReason } from '#libs/kms';
import { parseCertificate, sha256Hex } from '#libs/x509';
import type { AuthorityRow } from '../authority/authority.entity.js';
import type { CeremonyParts } from '../ceremony/ceremony-parts.js';
import type { CustomerService } from '../customer/customer.service.js';
import { importedFacts, readImportedChain } from './imported-certificate.js';

export interface ImportServiceParts
  extends Pick<CeremonyParts, 'scope' | 'ceremonies' | 'authorities' | 'signer' | 'clock'> {
  readonly customers: Pick<CustomerService, 'get'>;
  /** Takes up ceremonies that are due. */
  readonly runner: { wake(): void };
}

/** A request for an intermediate, as far as it is made. */
export interface AuthorityRequest {
  /** CertificationRequest in DER; undefined while the ceremony makes it. */
  readonly request: Uint8Array | undefined;
  readonly generation: number;
  readonly keyRef: string;
}

export interface ImportWish {
  readonly handle: string;
  /** DER: the intermediate, then its root. */
  readonly certificates: readonly Uint8Array[];
  /** A key that exists; empty for the one of the request. */
  readonly keyRef: string;
  readonly requestedBy: string;
}

/** Intermediates under a root of the customer's own, which stays offline and never comes here. */
export class ImportService {
  constructor(private readonly parts: ImportServiceParts) {}

  /**
   * The request that waits for its certificate; makes one when there is none.
   *
   * @throws DomainError customer_not_found
   * @throws DomainError ceremony_under_way while another ceremony of the customer is
   */
  async request(handle: string, requestedBy: string): Promise<AuthorityRequest> {
    const { scope, ceremonies, authorities, clock, runner } = this.parts;
    const { id: customerId } = await this.parts.customers.get(handle);
    const found = await scope.run(customerId, async (manager) => {
      // In this order: what a ceremony that has ended since the first answer has made is in the second.
      const underWay = await ceremonies.underWay(manager, customerId);
      const newest = await authorities.newest(manager, customerId, 'intermediate');
      if (underWay && underWay.kind !== 'request') throw busy(handle);
      if (newest && !newest.certificate && (newest.request || underWay)) return requestOf(newest);
      const generation = underWay?.generation ?? (newest?.generation ?? 0) + 1;
      const startedAt = new Date(clock.now());
      if (!underWay) {
        const ceremony = { customerId, kind: 'request', generation, requestedBy, startedAt } as const;
        if (!(await ceremonies.start(manager, ceremony))) throw busy(handle);
      }
      return { request: undefined, generation, keyRef: '' };
    });
    runner.wake();
    return found;
  }

  /**
   * Verifies a certificate strictly and starts the ceremony that moves minting to it. Returns its generation.
   *
   * @throws DomainError customer_not_found
   * @throws DomainError bad_certificate
   * @throws DomainError ceremony_under_way while another ceremony of the customer is
   */
  async import(wish: ImportWish): Promise<number> {
    const { scope, ceremonies, authorities, signer, clock, runner } = this.parts;
    const { handle, certificates, requestedBy } = wish;
    const { id: customerId } = await this.parts.customers.get(handle);
    const { intermediate, root } = readImportedChain(certificates, clock.now());
    const newest = await scope.run(customerId, (manager) =>
      authorities.newest(manager, customerId, 'intermediate'),
    );
    const requested = wish.keyRef === '' ? requestedOf(newest, intermediate.spki.der) : undefined;
    if (requested?.certificate && sha256Hex(requested.certificate) === sha256Hex(intermediate.der)) {
      return requested.generation;
    }
    const keyRef = requested?.keyRef ?? checkedKeyRef(wish.keyRef);
    await importedFacts({ signer, clock, keyRef, certificates });
    const { algorithm } = await signer.describe(parseKeyRef(keyRef));

    const generation = requested?.generation ?? (newest?.generation ?? 0) + 1;
    const now = new Date(clock.now());
    await scope.run(customerId, async (manager) => {
      const ceremony = { customerId, kind: 'import', generation, requestedBy, startedAt: now } as const;
      if (!(await ceremonies.start(manager, ceremony))) throw busy(handle);
      if (!requested) {
        const key = { keyRef, algorithm, attestation: null, createdAt: now };
        const wanted = { customerId, kind: 'intermediate', generation, ...key } as const;
        await authorities.add(manager, authorities.prepare(wanted));
      }
      const name = { customerId, kind: 'intermediate', generation } as const;
      const authority = await authorities.find(manager, name);
      if (!authority) throw new DomainError('internal', 'The intermediate of the request is gone.');
      await authorities.import(manager, authority.id, {
        toBeSigned: intermediate.tbs,
        certificate: intermediate.der,
        issuerCertificate: root.der,
      });
    });
    runner.wake();
    return generation;
  }
}

/** The newest intermediate, when it waits for just this certificate. */
function requestedOf(newest: AuthorityRow | null, spki: Uint8Array): AuthorityRow {
  if (!newest?.request) {
    throw bad('there is no request that it could answer: ask for one, or name the key');
  }
  const { spki: expected } = newest.certificate ? parseCertificate(newest.certificate) : { spki: undefined };
  if (expected && Buffer.compare(expected.der, spki) !== 0)
    throw bad('the newest request is answered already');
  return newest;
}

function requestOf({ request, generation, keyRef }: AuthorityRow): AuthorityRequest {
  return { request: request ?? undefined, generation, keyRef };
}

function checkedKeyRef(text: string): string {
  try {
    return formatKeyRef(parseKeyRef(text));
  } catch (error) {
    if (signerFailureReason(error) === undefined) throw error;
    throw new DomainError('bad_request', error instanceof Error ? error.message : '', { cause: error });
  }
}

function bad(reason: string): DomainError {
  return new DomainError('bad_certificate', `The certificate cannot be imported: ${reason}.`);
}

function busy(handle: string): DomainError {
  return new DomainError('ceremony_under_way', `Another ceremony of ${handle} is under way.`);
}
