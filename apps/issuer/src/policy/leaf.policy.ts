import {
  type CertificationRequest,
  checkNameConstraints,
  commonNames,
  type GeneralName,
  isDnsName,
  type LeafNames,
  type NameConstraints,
  parseCertificate,
} from '#libs/x509';
import type { SigningAuthority } from '../authority/signing-authority.js';
import { foreignName } from './own-names.js';

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
 * - where the intermediate is shared, every name is the customer's own: {@link foreignName};
 * - the names lie within the constraints of the credential that asks.
 *
 * The number of requests and the validity belong to the whole batch: {@link admitBatch}, {@link leafValidity}.
 * The same key may be certified again: renewals do that.
 */
export class LeafPolicy {
  private readonly authorityKey: Uint8Array;
  private readonly constraints: readonly NameConstraints[];
  private readonly subjectName: GeneralName;

  constructor(private readonly authority: SigningAuthority) {
    const certificate = parseCertificate(authority.certificateDer);
    this.authorityKey = certificate.spki.der;
    this.constraints = [certificate.nameConstraints, authority.nameConstraints].filter(
      (each) => each !== undefined,
    );
    this.subjectName = { type: 'dns', value: authority.subjectCommonName };
  }

  /** Why the request is refused, as one clause; undefined when it is admitted. */
  refusal(csr: CertificationRequest): string | undefined {
    if (Buffer.compare(csr.spki.der, this.authorityKey) === 0) return "its key is the authority's own";
    const { ownNamesOnly, names } = this.authority;
    const foreign = ownNamesOnly ? foreignName(csr, this.authority.subjectCommonName) : undefined;
    if (foreign !== undefined || this.constraints.length === 0) return foreign;
    const certified = this.certified(csr, names);
    for (const constraints of this.constraints) {
      const problem = checkNameConstraints(constraints, certified);
      if (problem !== undefined) return problem;
    }
    return undefined;
  }

  /** The names that the leaf will have, with the subject's where verifiers would take it for one. */
  private certified(csr: CertificationRequest, names: LeafNames): readonly GeneralName[] {
    if (names === 'own') return [this.subjectName];
    const asked = csr.subjectAltNames;
    if (asked.some((name) => name.type === 'dns')) return asked;
    if (names === 'requested') return [...asked, this.subjectName];
    return [
      ...asked,
      ...commonNames(csr).flatMap((value) => (isDnsName(value) ? [{ type: 'dns', value } as const] : [])),
    ];
  }
}
