import {
  type CertificationRequest,
  checkNameConstraints,
  type GeneralName,
  type NameConstraints,
  parseCertificate,
} from '#libs/x509';
import type { SigningAuthority } from '../authority/signing-authority.js';

/**
 * The one gate in front of every signature: whether this authority may certify what a request asks for.
 *
 * The request was parsed and its possession proved before; there, weak keys and the kinds and the form of
 * names are refused. Here is what depends on the authority:
 *
 * - the key is not the authority's own;
 * - the names lie within the authority's name constraints (RFC 5280 §4.2.1.10), also the subject's name
 *   where the leaf has no dNSName: verifiers then take the common name for one.
 *
 * The number of requests and the validity belong to the whole batch: {@link admitBatch}, {@link leafValidity}.
 * The same key may be certified again: renewals do that.
 */
export class LeafPolicy {
  private readonly authorityKey: Uint8Array;
  private readonly constraints: NameConstraints | undefined;
  private readonly subjectName: GeneralName;

  constructor(authority: SigningAuthority) {
    const certificate = parseCertificate(authority.certificateDer);
    this.authorityKey = certificate.spki.der;
    this.constraints = certificate.nameConstraints;
    this.subjectName = { type: 'dns', value: authority.subjectCommonName };
  }

  /** Why the request is refused, as one clause; undefined when it is admitted. */
  refusal(csr: CertificationRequest): string | undefined {
    if (Buffer.compare(csr.spki.der, this.authorityKey) === 0) return "its key is the authority's own";
    if (!this.constraints) return undefined;
    const names = csr.subjectAltNames;
    const checked = names.some((name) => name.type === 'dns') ? names : [...names, this.subjectName];
    return checkNameConstraints(this.constraints, checked);
  }
}
