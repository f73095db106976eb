import { ActorKind, type MintRequest } from '#libs/contracts';
import type { Principal } from '../auth/principal.js';

/** Who acted, as the audit trail keeps it. */
export interface Actor {
  readonly kind: ActorKind;
  /** UUID of a credential, or who a person is to which issuer; empty for none. Never a secret. */
  readonly id: string;
  /** SHA-256 of the bearer or the credential, or fingerprint of a certificate; empty for none. */
  readonly hash: Uint8Array;
}

const noHash = new Uint8Array(0);
const operator: Actor = { kind: ActorKind.OPERATOR, id: '', hash: noHash };

export function actorOf(principal: Principal): Actor {
  switch (principal.kind) {
    case 'bearer':
      return { kind: ActorKind.MASTER_BEARER, id: '', hash: Buffer.from(principal.hash, 'hex') };
    case 'credential':
      return {
        kind: ActorKind.SCOPED_CREDENTIAL,
        id: principal.credentialId,
        hash: Buffer.from(principal.hash, 'hex'),
      };
    case 'certificate':
      return { kind: ActorKind.BIRTH_CERTIFICATE, id: '', hash: Buffer.from(principal.fingerprint, 'hex') };
    case 'owner':
    case 'visitor':
      return {
        kind: ActorKind.PERSON,
        id: `${principal.person.issuer}#${principal.person.subject}`,
        hash: noHash,
      };
    case 'operator':
      return operator;
  }
}

/** Writes onto a request to the issuer who asks; it tells the audit trail once the certificates are durable. */
export function nameActor(request: MintRequest, principal: Principal, requestId: string): void {
  const { kind, id, hash } = actorOf(principal);
  request.actorKind = kind;
  request.actorHash = hash;
  request.requestId = requestId;
  if (principal.kind === 'credential') request.credentialId = id;
  if ('handle' in principal) request.handle = principal.handle;
}
