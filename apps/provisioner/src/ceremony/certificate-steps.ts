import { parseKeyRef, signerFailureReason } from '#libs/kms';
import { certificationRequestInfo, parseCertificate, parseTbsCertificate, sha256Hex } from '#libs/x509';
import type { AuthorityKind, AuthorityRow } from '../authority/authority.entity.js';
import { importedFacts } from '../import/imported-certificate.js';
import { completeCertificate, draftIntermediate, draftRoot, intermediateName } from './ca-certificate.js';
import { type CeremonyParts, present, type Step, type StepOutcome, signingTimeMs } from './ceremony-parts.js';
import { sharedCaName } from './key-steps.js';

/** The steps that make certificates. A signature leaves this process after it was verified. */
export class CertificateSteps {
  constructor(private readonly parts: CeremonyParts) {}

  readonly draftRoot: Step = async ({ customer, publicKey, ...recorded }) => {
    const root = present(recorded.root);
    const toBeSigned = draftRoot({
      handle: customer.handle,
      ...(customer.tier === 'shared' && { commonName: sharedCaName('root') }),
      spki: publicKey ?? (await this.#publicKey(root)),
      algorithm: root.algorithm,
      now: this.parts.clock.now(),
    });
    return this.#drafted('root', root, toBeSigned);
  };

  readonly draftIntermediate: Step = async ({ customer, ceremony, publicKey, ...recorded }) => {
    const root = present(recorded.root);
    const intermediate = present(recorded.intermediate);
    const toBeSigned = draftIntermediate({
      handle: customer.handle,
      generation: ceremony.generation,
      ...(customer.tier === 'shared' && { commonName: sharedCaName('intermediate') }),
      spki: publicKey ?? (await this.#publicKey(intermediate)),
      rootCertificate: present(root.certificate),
      rootAlgorithm: root.algorithm,
      nameConstraints: customer.nameConstraints,
      pkiUrl: this.parts.pkiUrl,
      now: this.parts.clock.now(),
    });
    return this.#drafted('intermediate', intermediate, toBeSigned);
  };

  readonly certifyRoot: Step = async (context) => {
    const root = present(context.root);
    // What the root vouches for itself with: the certificate that is signed names this key.
    const { spki } = parseTbsCertificate(present(root.toBeSigned));
    return this.#certify('root', { issuer: root, subject: root, issuerSpki: spki.octets });
  };

  readonly certifyIntermediate: Step = async (context) => {
    const root = present(context.root);
    const { spki } = parseCertificate(present(root.certificate));
    const subject = present(context.intermediate);
    const certify = () => this.#certify('intermediate', { issuer: root, subject, issuerSpki: spki.der });
    if (context.ceremony.kind !== 'rotation') return certify();
    try {
      return await certify();
    } catch (error) {
      // A CRL that the root has signed since the step before left its key disabled.
      if (signerFailureReason(error) !== 'key_disabled') throw error;
      await this.parts.signer.enable(parseKeyRef(root.keyRef));
      const outcome = await certify();
      return { ...outcome, facts: { ...outcome.facts, root_key: 'enabled once more' } };
    }
  };

  /** The request is signed by the key that it is about (RFC 2986 §3). */
  readonly request: Step = async ({ customer, ceremony, ...recorded }) => {
    const intermediate = present(recorded.intermediate);
    const spki = await this.#publicKey(intermediate);
    const subject = intermediateName(customer.handle, ceremony.generation);
    const toBeSigned = certificationRequestInfo({ subject, spkiDer: spki });
    const request = await this.#signed(intermediate, { toBeSigned, issuerSpki: spki });
    return {
      facts: { request_sha256: sha256Hex(request) },
      commit: (manager) => this.parts.authorities.request(manager, intermediate.id, request),
    };
  };

  /** What was imported is verified again, with the key itself: it signs with it what its certificate verifies. */
  readonly import: Step = async (recorded) => {
    const { signer, clock } = this.parts;
    const { keyRef, ...intermediate } = present(recorded.intermediate);
    const certificates = [present(intermediate.certificate), present(intermediate.issuerCertificate)];
    const facts = await importedFacts({ signer, clock, keyRef, certificates });
    const allowed = await signer.allowSigning(parseKeyRef(keyRef), 'issuer');
    return { facts: { ...facts, ...(allowed !== undefined && { allowed_to_sign: allowed }) } };
  };

  async #certify(
    kind: AuthorityKind,
    work: { readonly issuer: AuthorityRow; readonly subject: AuthorityRow; readonly issuerSpki: Uint8Array },
  ): Promise<StepOutcome> {
    const { issuer, subject, issuerSpki } = work;
    const toBeSigned = present(subject.toBeSigned);
    const certificate = Buffer.from(await this.#signed(issuer, { toBeSigned, issuerSpki }));
    return {
      facts: {
        signed_with: issuer.keyRef,
        serial: parseCertificate(certificate).serialHex,
        certificate_sha256: sha256Hex(certificate),
      },
      changes: { [kind]: { ...subject, certificate } },
      commit: (manager) => this.parts.authorities.certify(manager, subject.id, certificate),
    };
  }

  async #signed(
    { keyRef, algorithm }: AuthorityRow,
    draft: { readonly toBeSigned: Uint8Array; readonly issuerSpki: Uint8Array },
  ): Promise<Uint8Array> {
    const { signer, clock } = this.parts;
    const deadline = clock.now() + signingTimeMs;
    const [signature] = await signer.sign(parseKeyRef(keyRef), [draft.toBeSigned], deadline);
    return completeCertificate({ ...draft, algorithm, signature: present(signature) });
  }

  #drafted(kind: AuthorityKind, authority: AuthorityRow, draft: Uint8Array): StepOutcome {
    const toBeSigned = Buffer.from(draft);
    return {
      facts: { to_be_signed_sha256: sha256Hex(toBeSigned) },
      changes: { [kind]: { ...authority, toBeSigned } },
      commit: (manager) => this.parts.authorities.draft(manager, authority.id, toBeSigned),
    };
  }

  #publicKey({ keyRef }: AuthorityRow): Promise<Uint8Array> {
    return this.parts.signer.publicKey(parseKeyRef(keyRef));
  }
}
