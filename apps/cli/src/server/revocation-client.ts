import { z } from 'zod';
import type { CliContext } from '../cli-context.js';
import { CliFailure, exitCodes } from '../cli-failure.js';
import { operatorToken } from './secrets.js';
import { handleInPath, ServerClient } from './server-client.js';

const revocation = z.looseObject({
  serial: z.string(),
  status: z.string(),
  revoked_at: z.string().optional(),
  revoked_reason: z.string().optional(),
});
export type RevocationJson = z.infer<typeof revocation>;
const revocations = z.looseObject({ certs: z.array(revocation) });

const job = z.looseObject({
  job_id: z.string(),
  status: z.string(),
  matched: z.number(),
  revoked: z.number(),
  unchanged: z.number(),
  failed: z.number(),
  failures: z.array(z.looseObject({ serial: z.string(), code: z.string() })),
});
export type BulkJobJson = z.infer<typeof job>;
const dryRun = z.looseObject({ matched: z.number(), revoked_before: z.number(), not_found: z.number() });
export type BulkCountJson = z.infer<typeof dryRun>;
const reconciled = z.looseObject({ from_record: z.number(), from_operator: z.number() });
export type ReconciledJson = z.infer<typeof reconciled>;

/** What is asked of certificates, as the REST interface names it. */
export interface RevokeWish {
  readonly reason?: string;
  readonly invalidity_date?: string;
}

/** Criteria of a bulk revocation, as the REST interface names them. */
export type BulkCriteria = Readonly<Record<string, string | readonly string[]>>;

/** Revocation over the REST interface: with a customer's bearer, else as the operator. */
export class RevocationClient {
  private readonly server: ServerClient;

  constructor(private readonly context: CliContext) {
    this.server = new ServerClient(context);
  }

  /** @param bearer the customer's; the operator's token is used without one */
  async revoke(
    handle: string,
    wish: RevokeWish & { readonly serials: readonly string[] },
    bearer: string | undefined,
  ): Promise<{ readonly certs: readonly RevocationJson[] }> {
    const own = handleInPath(handle);
    const path = bearer === undefined ? `${customer(own)}/revoke` : `/${own}/revoke`;
    const token = bearer ?? (await this.operator());
    return read(revocations, await this.server.json({ method: 'POST', path, token, body: wish }));
  }

  async bulk(handle: string, body: RevokeWish & { readonly criteria: BulkCriteria }): Promise<BulkJobJson> {
    return read(job, await this.post(`${customer(handleInPath(handle))}/bulk-revoke`, body));
  }

  async count(handle: string, criteria: BulkCriteria): Promise<BulkCountJson> {
    const body = { criteria, dry_run: true };
    return read(dryRun, await this.post(`${customer(handleInPath(handle))}/bulk-revoke`, body));
  }

  async job(handle: string, id: string): Promise<BulkJobJson> {
    const path = `${customer(handleInPath(handle))}/bulk-revoke/${encodeURIComponent(id)}`;
    return read(job, await this.server.json({ method: 'GET', path, token: await this.operator() }));
  }

  async reconcile(handle: string, serials: readonly string[]): Promise<ReconciledJson> {
    return read(reconciled, await this.post(`${customer(handleInPath(handle))}/reconcile`, { serials }));
  }

  private async post(path: string, body: unknown): Promise<unknown> {
    return this.server.json({ method: 'POST', path, body, token: await this.operator() });
  }

  private operator(): Promise<string> {
    return operatorToken(this.context.settings(), this.context.home);
  }
}

const customer = (handle: string): string => `/v1/admin/customers/${handle}`;

function read<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const problem = z.prettifyError(result.error);
  throw new CliFailure(exitCodes.failed, `the server's answer is not what this version expects: ${problem}`, {
    hint: 'Are server and command line of the same version?',
  });
}
