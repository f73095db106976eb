import type { ProvisionerService } from '#libs/contracts';
import { DomainError } from '#libs/errors';
import type { Logger } from '#libs/observability';
import type { CallOptions, Client } from '#libs/rpc';
import { PemError, pemDecodeAll, pemEncode } from '#libs/x509';
import { isHandle } from '../customer/handle.js';
import { timestamp } from '../http/timestamp.js';
import type {
  CsrJson,
  ImportBody,
  ImportedJson,
  RotateBody,
  RotationJson,
  TranscriptJson,
} from './ceremony.schema.js';

export interface CeremonyServiceParts {
  readonly provisioner: Pick<
    Client<typeof ProvisionerService>,
    'rotateAuthority' | 'requestAuthority' | 'importAuthority' | 'getTranscript'
  >;
  readonly logger: Logger;
}

/** Who asks, in the words of the transcript. */
const requestedBy = 'operator';
/** Milliseconds for what asks a key management service before it answers. */
const importTimeoutMs = 20_000;

/** What an operator does with a customer's CA. */
export class CeremonyService {
  constructor(private readonly parts: CeremonyServiceParts) {}

  /** @throws DomainError customer_not_found */
  async transcript(handle: string, requestId: string): Promise<TranscriptJson> {
    const { transcript } = await this.parts.provisioner.getTranscript(known(handle), withId(requestId));
    if (!transcript) throw new DomainError('internal', 'The provisioner answered without a transcript.');
    return {
      format: 'stackrunner-transcript-1',
      customer: transcript.customerId,
      handle: transcript.handle,
      entries: transcript.entries.map(({ entry, hash }) => ({
        entry,
        sha256: Buffer.from(hash).toString('hex'),
      })),
      artifacts: transcript.artifacts.map(({ name, kind, content }) => ({
        ...{ name, kind },
        pem: pemEncode(kind, content),
      })),
    };
  }

  /** @throws DomainError customer_not_found, customer_not_active, ceremony_under_way, bad_request */
  async rotate(handle: string, body: RotateBody, requestId: string): Promise<RotationJson> {
    const { now = false, dry_run: dryRun = false } = body;
    const wish = { ...known(handle), now, dryRun, requestedBy };
    const plan = await this.parts.provisioner.rotateAuthority(wish, withId(requestId));
    if (plan.underWay) this.note('rotation started', handle, requestId);
    return {
      under_way: plan.underWay,
      generation: plan.generation,
      next_generation: plan.nextGeneration,
      due_at: timestamp(Number(plan.dueAt)),
      key_name: plan.keyName,
      steps: plan.steps,
      retired_at: timestamp(Number(plan.retiredAt)),
    };
  }

  /** @throws DomainError customer_not_found, ceremony_under_way */
  async request(handle: string, requestId: string): Promise<CsrJson> {
    const wish = { ...known(handle), requestedBy };
    const answer = await this.parts.provisioner.requestAuthority(wish, withId(requestId));
    const ready = answer.csrDer.length > 0;
    return {
      status: ready ? 'ready' : 'pending',
      generation: answer.generation,
      csr_pem: ready ? pemEncode('CERTIFICATE REQUEST', answer.csrDer) : null,
      key_ref: answer.keyRef || null,
    };
  }

  /** @throws DomainError customer_not_found, bad_certificate, ceremony_under_way, signer_unavailable */
  async import(handle: string, body: ImportBody, requestId: string): Promise<ImportedJson> {
    const certificates = certificatesOf(body.certificates_pem);
    const wish = { ...known(handle), certificates, keyRef: body.key_ref ?? '', requestedBy };
    const options = { ...withId(requestId), timeoutMs: importTimeoutMs };
    const { generation } = await this.parts.provisioner.importAuthority(wish, options);
    this.note('intermediate imported', handle, requestId);
    return { generation };
  }

  private note(what: string, handle: string, requestId: string): void {
    this.parts.logger.info({ handle, request_id: requestId }, what);
  }
}

function certificatesOf(pem: string): Uint8Array[] {
  try {
    return pemDecodeAll(pem, 'CERTIFICATE');
  } catch (error) {
    if (!(error instanceof PemError)) throw error;
    throw new DomainError('bad_certificate', `The certificates cannot be read: ${error.message}.`);
  }
}

function known(handle: string): { handle: string } {
  if (isHandle(handle)) return { handle };
  throw new DomainError('customer_not_found', 'There is no customer with this handle.');
}

function withId(requestId: string): CallOptions {
  return { metadata: { 'x-request-id': requestId } };
}
