import type { SignRootCrlRequest } from '#libs/contracts';
import type { TenantScope } from '#libs/database';
import { DomainError } from '#libs/errors';
import { caSignatureAlgorithms, type KeyRef, parseKeyRef, type Signer } from '#libs/kms';
import { lintTbsCrl } from '#libs/lint';
import type { Clock } from '#libs/service';
import {
  assembleCertificate,
  DerError,
  parseCertificate,
  parseTbsCrl,
  signatureAlgorithmDer,
  signatureVerifies,
  type TbsCrl,
} from '#libs/x509';
import type { AuthorityRow } from '../authority/authority.entity.js';
import type { AuthorityRepository } from '../authority/authority.repository.js';

export interface RootCrlServiceParts {
  readonly scope: TenantScope;
  readonly authorities: AuthorityRepository;
  readonly signer: Signer;
  readonly clock: Clock;
}

/** Milliseconds that a signer may take. */
const signingTimeMs = 10_000;
const uuid = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/;

/**
 * Signs CRLs with roots. A root's key is disabled after its ceremony; it is enabled for one signature, and disabled
 * again whatever comes of it.
 */
export class RootCrlService {
  readonly #parts: RootCrlServiceParts;
  /** The last signature under way of each root. */
  readonly #turns = new Map<string, Promise<unknown>>();

  constructor(parts: RootCrlServiceParts) {
    this.#parts = parts;
  }

  /**
   * @returns the CRL in DER
   * @throws DomainError bad_request when it is no CRL of this root, or one that breaks a clause of RFC 5280
   * @throws DomainError signer_unavailable, customer_not_found
   */
  async sign({ customerId, rootId, tbs }: SignRootCrlRequest): Promise<Uint8Array> {
    const root = await this.#root(customerId, rootId);
    if (!root.certificate) throw new DomainError('customer_not_active', 'The root has no certificate yet.');
    const certificate = parseCertificate(root.certificate);
    const algorithm = caSignatureAlgorithms[root.algorithm];
    const crl = read(tbs);
    if (Buffer.compare(crl.issuer.octets, certificate.subject) !== 0) {
      throw new DomainError('bad_request', 'The issuer of this CRL is not the root.');
    }
    if (Buffer.compare(crl.signatureAlgorithm.octets, signatureAlgorithmDer(algorithm)) !== 0) {
      throw new DomainError('bad_request', 'The root does not sign with the algorithm of this CRL.');
    }
    const signature = await this.#withKey(parseKeyRef(root.keyRef), tbs);
    const { der: spki } = certificate.spki;
    if (!signatureVerifies(spki, algorithm, { message: tbs, signature })) {
      throw new DomainError('signer_unavailable', 'The signature of the root does not verify.');
    }
    return assembleCertificate(tbs, signatureAlgorithmDer(algorithm), signature);
  }

  async #root(customerId: string, rootId: string): Promise<AuthorityRow> {
    if (!uuid.test(customerId) || !uuid.test(rootId)) {
      throw new DomainError('bad_request', 'customer_id and root_id must be UUIDs in lower case.');
    }
    const { scope, authorities } = this.#parts;
    const found = await scope.run(customerId, (manager) => authorities.root(manager, rootId));
    if (!found) throw new DomainError('customer_not_found', 'The customer has no such root.');
    return found;
  }

  /** One signature of a root after the other: the one before must not disable the key of the next. */
  async #withKey(key: KeyRef, tbs: Uint8Array): Promise<Uint8Array> {
    const before = this.#turns.get(key.resource) ?? Promise.resolve();
    const turn = before.then(
      () => this.#signOnce(key, tbs),
      () => this.#signOnce(key, tbs),
    );
    this.#turns.set(key.resource, turn);
    try {
      return await turn;
    } finally {
      if (this.#turns.get(key.resource) === turn) this.#turns.delete(key.resource);
    }
  }

  async #signOnce(key: KeyRef, tbs: Uint8Array): Promise<Uint8Array> {
    const { signer, clock } = this.#parts;
    try {
      await signer.enable(key);
      const [signature] = await signer.sign(key, [tbs], clock.now() + signingTimeMs);
      if (!signature) throw new DomainError('signer_unavailable', 'The signer gave no signature.');
      return signature;
    } finally {
      await signer.disable(key);
    }
  }
}

/** @throws DomainError bad_request */
function read(tbs: Uint8Array): TbsCrl {
  const [finding] = lintTbsCrl(tbs);
  if (finding) {
    throw new DomainError('bad_request', `The CRL breaks ${finding.citation}: ${finding.message}.`);
  }
  try {
    return parseTbsCrl(tbs);
  } catch (error) {
    if (!(error instanceof DerError)) throw error;
    throw new DomainError('bad_request', `This is no CRL: ${error.message}.`, { cause: error });
  }
}
