import { DomainError } from '#libs/errors';
import { type KeyManagement, parseKeyRef, signerFailure } from '#libs/kms';
import { parseCertificate } from '#libs/x509';
import type { SigningAuthority } from '../authority/signing-authority.js';
import type { KeyProblems } from '../key-problem/key-problems.js';
import type { MintPipeline } from './mint.pipeline.js';
import type { MintPool } from './mint.pool.js';
import { failureOf, judgeBatch, type SignedBatch, signedOf, type UnsignedBatch } from './sign-batch.js';

/** Requests of one customer before another has its turn: where signatures are slow, a wake-up more costs little. */
const judgedAtOnce = 8;

/**
 * Mints with keys of a remote key management service: threads judge and draft, and the main thread asks for the
 * signatures, so that all customers share one fair queue for the service's quota.
 */
export class RemoteMint {
  /** Authorities whose key is known to be the one that their certificate names. */
  readonly #checked = new WeakSet<SigningAuthority>();

  constructor(
    private readonly pool: MintPool,
    private readonly pipeline: MintPipeline,
    private readonly signer: Pick<KeyManagement, 'publicKey'>,
    private readonly problems: Pick<KeyProblems, 'failed' | 'signed'>,
  ) {}

  /** @throws issue_failed, overloaded, deadline_exceeded or signer_unavailable: then nothing was issued */
  async sign(batch: UnsignedBatch): Promise<SignedBatch> {
    const { csrs: _, ...context } = batch;
    const drafts = (await judgeBatch(this.pool, batch, { size: judgedAtOnce, aside: true })).flat();
    try {
      await this.#checkKey(batch.authority);
    } catch (error) {
      this.problems.failed(batch.authority, error);
      throw error;
    }
    const { results } = await this.pipeline.run([{ kind: 'sign', ...context, drafts }]);
    const [result] = results;
    if (!result) throw new DomainError('internal', 'The pipeline gave no result.');
    if (result.kind === 'failed') this.problems.failed(batch.authority, failureOf(result));
    else this.problems.signed(batch.authority);
    return signedOf(result);
  }

  /** Signatures are verified with the key that the service shows: once, that it is the certificate's. */
  async #checkKey(authority: SigningAuthority): Promise<void> {
    if (this.#checked.has(authority)) return;
    const certified = parseCertificate(authority.certificateDer).spki.der;
    const shown = await this.signer.publicKey(parseKeyRef(authority.keyRef));
    if (!Buffer.from(shown).equals(certified)) {
      throw signerFailure(
        'key_mismatch',
        `${authority.keyRef} is not the key that the CA certificate names.`,
      );
    }
    this.#checked.add(authority);
  }
}
