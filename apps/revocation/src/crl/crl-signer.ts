import type { ProvisionerService } from '#libs/contracts';
import { DomainError } from '#libs/errors';
import { parseKeyRef, type Signer } from '#libs/kms';
import { lintTbsCrl } from '#libs/lint';
import type { Client } from '#libs/rpc';
import type { Clock } from '#libs/service';
import { type CrlDraft, parseCrl, signatureVerifies } from '#libs/x509';
import type { KnownAuthority } from '../authority/known-authority.js';

export interface CrlSignerParts {
  readonly signer: Pick<Signer, 'sign'>;
  readonly provisioner: Pick<Client<typeof ProvisionerService>, 'signRootCrl'>;
  readonly clock: Clock;
}

/** Milliseconds that a signature may take. */
const signingTimeMs = 10_000;

/** Lints, signs and verifies: nothing that breaks a clause of RFC 5280 is signed, and no wrong signature leaves. */
export class CrlSigner {
  constructor(private readonly parts: CrlSignerParts) {}

  /**
   * @returns the CRL in DER, in the memory of the draft
   * @throws DomainError signer_unavailable; internal for a CRL that would break a rule
   */
  async sign(authority: KnownAuthority, draft: CrlDraft): Promise<Buffer> {
    const { tbs } = draft;
    const findings = lintTbsCrl(tbs);
    if (findings.length > 0) {
      throw new DomainError('internal', 'The CRL would break a rule.', { details: { findings } });
    }
    const signature = authority.keyRef
      ? await this.#byKey(authority.keyRef, tbs)
      : await this.#byRoot(authority, tbs);
    const { spki } = authority.certificate;
    if (!signatureVerifies(spki.der, authority.signatureAlgorithm, { message: tbs, signature })) {
      throw new DomainError('signer_unavailable', 'The signature of the CRL does not verify.');
    }
    return draft.signed(signature);
  }

  async #byKey(keyRef: string, tbs: Buffer): Promise<Uint8Array> {
    const { signer, clock } = this.parts;
    const [signature] = await signer.sign(parseKeyRef(keyRef), [tbs], clock.now() + signingTimeMs);
    if (!signature) throw new DomainError('signer_unavailable', 'The signer gave no signature.');
    return signature;
  }

  /** A root's key is disabled: its provisioner enables it for this signature. */
  async #byRoot({ customerId, caId }: KnownAuthority, tbs: Buffer): Promise<Uint8Array> {
    const { der } = await this.parts.provisioner.signRootCrl(
      { customerId, rootId: caId, tbs },
      { timeoutMs: signingTimeMs },
    );
    return parseCrl(der).signature;
  }
}
