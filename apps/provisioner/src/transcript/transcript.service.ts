import { create } from '@bufbuild/protobuf';
import { type Transcript, TranscriptSchema } from '#libs/contracts';
import type { AuthorityRow } from '../authority/authority.entity.js';
import type { CeremonyParts } from '../ceremony/ceremony-parts.js';
import type { CustomerService } from '../customer/customer.service.js';

export interface TranscriptServiceParts extends Pick<CeremonyParts, 'scope' | 'ceremonies' | 'authorities'> {
  readonly customers: Pick<CustomerService, 'get'>;
}

/** What was done for a customer's CAs, for auditors. */
export class TranscriptService {
  constructor(private readonly parts: TranscriptServiceParts) {}

  /** Every entry, and every artefact that the entries name by its digest. @throws DomainError customer_not_found */
  async get(handle: string): Promise<Transcript> {
    const { scope, ceremonies, authorities } = this.parts;
    const { id: customerId } = await this.parts.customers.get(handle);
    return scope.run(customerId, async (manager) => {
      const entries = await ceremonies.transcript(manager, customerId);
      const all = await authorities.all(manager, customerId);
      return create(TranscriptSchema, {
        ...{ customerId, handle },
        entries: entries.map(({ entry, hash }) => ({ entry, hash })),
        artifacts: all.flatMap(artifactsOf),
      });
    });
  }
}

function artifactsOf(authority: AuthorityRow): { name: string; kind: string; content: Uint8Array }[] {
  const name = `${authority.kind}-${authority.generation}`;
  const { certificate, issuerCertificate, request, attestation } = authority;
  return [
    { name, kind: 'CERTIFICATE', content: certificate },
    { name: `${name}-issuer`, kind: 'CERTIFICATE', content: issuerCertificate },
    { name: `${name}-request`, kind: 'CERTIFICATE REQUEST', content: request },
    { name: `${name}-attestation`, kind: 'ATTESTATION', content: attestation },
  ].flatMap(({ content, ...artifact }) => (content ? [{ ...artifact, content }] : []));
}
