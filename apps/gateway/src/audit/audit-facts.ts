import { sha256Hex } from '#libs/x509';

/** What an answer may say about an action that is worth keeping; anything else stays out of the trail. */
const kept = [
  'credential_id',
  'permission_id',
  'cert_id',
  'label',
  'modes',
  'tier',
  'plan',
  'status',
  'limits',
  'serial',
  'serials',
  'reason',
  'revoked_reason',
  'job_id',
  'from_record',
  'from_operator',
  'fingerprint',
  'expires_at',
] as const;

/** What of an answer goes into the trail; of a secret only its SHA-256. */
export function factsOf(answer: unknown): Record<string, unknown> {
  if (!isObject(answer)) return {};
  const facts: Record<string, unknown> = {};
  for (const name of kept) if (answer[name] !== undefined) facts[name] = answer[name];
  if (Array.isArray(answer.certs)) facts.certs = answer.certs.map(standingOf);
  if (typeof answer.bearer === 'string')
    facts.credential_hash = sha256Hex(Buffer.from(answer.bearer, 'latin1'));
  return facts;
}

/** One certificate among several that were revoked. */
function standingOf(certificate: unknown): unknown {
  if (!isObject(certificate)) return certificate;
  const { serial, status, revoked_reason } = certificate;
  return { serial, status, revoked_reason };
}

/** Whom an answer is about; undefined when it names no customer. */
export function customerIn(answer: unknown): { customerId: string; handle: string } | undefined {
  if (!isObject(answer)) return undefined;
  const { id, handle } = answer;
  const named = typeof id === 'string' && uuid.test(id) && typeof handle === 'string';
  return named ? { customerId: id, handle } : undefined;
}

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** A JSON body as an object; undefined for any other. */
export function parsedAnswer(payload: unknown): unknown {
  if (typeof payload !== 'string') return undefined;
  try {
    return JSON.parse(payload);
  } catch {
    return undefined;
  }
}

/** The code of an answer in the error envelope. */
export function errorCodeIn(answer: unknown): string | undefined {
  const error = isObject(answer) ? answer.error : undefined;
  return isObject(error) && typeof error.code === 'string' ? error.code : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
