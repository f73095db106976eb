import type { Pool } from 'pg';
import { mapDatabaseError } from '#libs/database';
import { DomainError } from '#libs/errors';
import { parseKeyRef, type Signer } from '#libs/kms';
import { lintTbsCertificate } from '#libs/lint';
import type { CallOptions } from '#libs/rpc';
import type { Clock } from '#libs/service';
import {
  assembleCertificate,
  CsrError,
  parseCertificate,
  parseCsr,
  randomSerial,
  responderCertificateTbs,
  sha256,
  signatureAlgorithmDer,
  verifyCertificateSignature,
  verifyCsr,
} from '#libs/x509';
import type { AuthorityService } from '../authority/authority.service.js';
import { encodeIssued } from '../mint/issued-event.js';
import { responderOrigin } from '../mint/issued-origin.js';
import { backdate } from '../policy/batch.policy.js';

export interface ResponderServiceParts {
  readonly authorities: Pick<AuthorityService, 'signingOf'>;
  readonly signer: Pick<Signer, 'sign'>;
  readonly pool: Pool;
  readonly clock: Clock;
}

export interface ResponderRequest {
  readonly customerId: string;
  readonly caId: string;
  /** PKCS#10 in DER. */
  readonly csr: Uint8Array;
}

/** Seconds that a responder's certificate is valid: it cannot be revoked, so not for long (RFC 6960 §4.2.2.2.1). */
const validity = 30 * 86_400;

/**
 * Certifies delegated OCSP responders (RFC 6960 §4.2.2.2), as any certificate is certified: possession is proven, the
 * draft is linted, the signature verified, and the row durable before the certificate leaves.
 */
export class ResponderService {
  constructor(private readonly parts: ResponderServiceParts) {}

  /**
   * @returns the certificate in DER
   * @throws issue_failed when the request does not prove possession of a strong key
   * @throws bad_ttl when the CA itself has ended
   * @throws signer_unavailable, storage_unavailable
   */
  async issue({ customerId, caId, csr }: ResponderRequest, call: CallOptions): Promise<Uint8Array> {
    const { authorities, signer, clock } = this.parts;
    const authority = await authorities.signingOf(customerId, caId, call);
    const issuer = parseCertificate(authority.certificateDer);
    const second = Math.floor(clock.now() / 1000);
    const notBefore = second - backdate;
    const notAfter = Math.min(second + validity, Math.floor(issuer.notAfter / 1000));
    if (notAfter <= second) throw new DomainError('bad_ttl', 'The CA has ended.');
    const serial = randomSerial();
    const tbs = responderCertificateTbs({
      subject: { commonName: `${authority.handle} OCSP Responder` },
      spkiDer: provenKey(csr),
      serial,
      notBefore: notBefore * 1000,
      notAfter: notAfter * 1000,
      issuerCertificateDer: authority.certificateDer,
      signatureAlgorithm: authority.signatureAlgorithm,
    });
    const findings = lintTbsCertificate(tbs, 'ocsp-responder');
    if (findings.length > 0) {
      throw new DomainError('internal', 'The certificate would break a rule.', { details: { findings } });
    }
    const key = parseKeyRef(authority.keyRef);
    const [signature] = await signer.sign(
      key,
      [tbs],
      call.timeoutMs ? clock.now() + call.timeoutMs : Infinity,
    );
    if (!signature) throw new DomainError('signer_unavailable', 'The signer gave no signature.');
    const der = assembleCertificate(tbs, signatureAlgorithmDer(authority.signatureAlgorithm), signature);
    if (!verifyCertificateSignature(parseCertificate(der), issuer)) {
      throw new DomainError('signer_unavailable', 'The signature of the CA does not verify.');
    }
    const fingerprint = sha256(der);
    const issued = encodeIssued({ customerId, caId, notBefore, notAfter }, [{ serial, der, fingerprint }]);
    await this.#record([
      ...[Buffer.from(serial), customerId, caId, new Date(notBefore * 1000), new Date(notAfter * 1000)],
      ...[fingerprint, der, Buffer.concat([issued, responderOrigin(serial)])],
    ]);
    return der;
  }

  async #record(values: readonly unknown[]): Promise<void> {
    try {
      await this.parts.pool.query('SELECT issuer.record_responder($1, $2, $3, $4, $5, $6, $7, $8)', [
        ...values,
      ]);
    } catch (error) {
      throw mapDatabaseError(error);
    }
  }
}

/** SubjectPublicKeyInfo in DER. @throws issue_failed */
function provenKey(der: Uint8Array): Uint8Array {
  try {
    const csr = parseCsr(der);
    verifyCsr(csr);
    return csr.spki.der;
  } catch (error) {
    if (!(error instanceof CsrError)) throw error;
    throw new DomainError('issue_failed', `The request of the responder: ${error.reason}.`, { cause: error });
  }
}
