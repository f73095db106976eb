import {
  ActorKind,
  type Audited,
  type Authority,
  type Issued,
  type IssuedRecord,
  type IssuedRequest,
  type Revoked,
  type RevokedRecord,
} from '#libs/contracts';

/** One entry to be: what is told of a customer. */
export interface AuditEntry {
  /** UUID. */
  readonly customerId: string;
  /** JSON; its fields always come in this order. */
  readonly body: string;
}

/** As exports name them. */
const actorNames: Readonly<Record<ActorKind, string>> = {
  [ActorKind.UNSPECIFIED]: 'unknown',
  [ActorKind.MASTER_BEARER]: 'master_bearer',
  [ActorKind.SCOPED_CREDENTIAL]: 'scoped_credential',
  [ActorKind.PERSON]: 'person',
  [ActorKind.BIRTH_CERTIFICATE]: 'birth_certificate',
  [ActorKind.OPERATOR]: 'operator',
  [ActorKind.SYSTEM]: 'system',
};

interface Fact {
  readonly action: string;
  /** Unix milliseconds. */
  readonly at: number;
  readonly outcome: string;
  readonly actor: Pick<Audited, 'actorKind' | 'actorId' | 'actorHash'>;
  readonly handle: string;
  readonly requestId: string;
  readonly details: Readonly<Record<string, unknown>>;
}

export function auditedEntry(event: Audited): AuditEntry {
  const { customerId, action, at, outcome, handle, requestId, details } = event;
  const body = bodyOf({
    ...{ action, at: Number(at), outcome, actor: event, handle, requestId },
    details: JSON.parse(details || '{}') as Record<string, unknown>,
  });
  return { customerId, body };
}

/** A CA that began or ceased to sign: the provisioner's own doing. */
export function authorityEntry(action: 'caActivated' | 'caRetired', ca: AuthorityFacts): AuditEntry {
  const { customerId, handle, caId, at } = ca;
  const actor = systemActor('provisioner');
  const body = bodyOf({
    ...{ action, at, outcome: 'ok', actor, handle, requestId: '' },
    details: { ca_id: caId },
  });
  return { customerId, body };
}

export interface AuthorityFacts extends Pick<Authority, 'customerId' | 'caId' | 'handle'> {
  /** Unix milliseconds. */
  readonly at: number;
}

/** One entry a mint request. Certificates of which nobody said who asked are one entry a customer. */
export function issuedEntries({ certificates, requests }: Issued): AuditEntry[] {
  const entries: AuditEntry[] = [];
  let next = 0;
  for (const request of requests) {
    const taken = certificates.slice(next, next + Number(request.count));
    next += taken.length;
    const entry = issuedEntry(taken, request);
    if (entry !== undefined) entries.push(entry);
  }
  const rest = certificates.slice(next);
  for (const customerId of new Set(rest.map((each) => each.customerId))) {
    const theirs = rest.filter((each) => each.customerId === customerId);
    const entry = issuedEntry(theirs, undefined);
    if (entry !== undefined) entries.push(entry);
  }
  return entries;
}

/**
 * What the revocation journal took down, one entry a customer: also of a bulk revocation, whose answer names no serial
 * numbers. Who asked is in the entry of the route; the journal has it, too.
 */
export function revokedEntries({ entries: records }: Revoked): AuditEntry[] {
  return [...new Set(records.map(({ customerId }) => customerId))].map((customerId) => {
    const theirs = records.filter((each) => each.customerId === customerId);
    const body = bodyOf({
      ...{ action: 'revoked', at: Number(theirs[0]?.recordedAt ?? 0n) * 1000, outcome: 'ok' },
      ...{ actor: systemActor('revocation'), handle: '', requestId: '' },
      details: { certs: theirs.map(revokedFacts) },
    });
    return { customerId, body };
  });
}

function revokedFacts({ caId, serial, reason, sequence }: RevokedRecord) {
  return { ca_id: caId, serial: hex(serial), reason, journal_sequence: Number(sequence) };
}

const nobody = { actorKind: ActorKind.UNSPECIFIED, actorId: '', actorHash: new Uint8Array(0) };

function issuedEntry(
  certificates: readonly IssuedRecord[],
  request: IssuedRequest | undefined,
): AuditEntry | undefined {
  const [first] = certificates;
  if (first === undefined) return undefined;
  const body = bodyOf({
    action: 'issue',
    at: (Number(first.notBefore) + skewSeconds) * 1000,
    outcome: 'ok',
    actor: request ?? nobody,
    handle: request?.handle ?? '',
    requestId: request?.requestId ?? '',
    details: {
      ca_id: first.caId,
      expires_at: timeOf(Number(first.notAfter) * 1000),
      serials: certificates.map(({ serial }) => hex(serial)),
    },
  });
  return { customerId: first.customerId, body };
}

/** What a service does by itself, or on behalf of somebody whom another entry names. */
function systemActor(service: string): Fact['actor'] {
  return { actorKind: ActorKind.SYSTEM, actorId: service, actorHash: new Uint8Array(0) };
}

/** Certificates begin this long before they are made, in seconds. */
const skewSeconds = 60;

function bodyOf({ action, at, outcome, actor, handle, requestId, details }: Fact): string {
  const { actorKind, actorId, actorHash } = actor;
  return JSON.stringify({
    action,
    at: timeOf(at),
    outcome,
    actor: {
      kind: actorNames[actorKind] ?? 'unknown',
      ...(actorId !== '' && { id: actorId }),
      ...(actorHash.length > 0 && { hash: hex(actorHash) }),
    },
    ...(handle !== '' && { handle }),
    ...(requestId !== '' && { request_id: requestId }),
    details,
  });
}

function timeOf(ms: number): string {
  return new Date(ms).toISOString();
}

function hex(octets: Uint8Array): string {
  return Buffer.from(octets).toString('hex');
}
