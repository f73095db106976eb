import { z } from 'zod';
import type { CliContext } from '../cli-context.js';
import { CliFailure, exitCodes } from '../cli-failure.js';
import { operatorToken } from './secrets.js';
import { handleInPath, ServerClient, type ServerRequest } from './server-client.js';

const limit = z.number().nullable();

/** A customer as the admin interface answers it. Fields that a newer server adds are kept for `--json`. */
export const customerSchema = z.looseObject({
  handle: z.string(),
  status: z.string(),
  tier: z.string().optional(),
  id: z.string().optional(),
  created_at: z.string().optional(),
  activated_at: z.string().nullish(),
  root_algorithm: z.string().optional(),
  intermediate_algorithm: z.string().optional(),
  mint_url: z.string().optional(),
  pki_url: z.string().optional(),
  external_root: z.boolean().optional(),
  key_home: z.string().nullish(),
  ceremony_step: z.string().nullish(),
  ceremony_problem: z.string().nullish(),
  name_constraints: z.record(z.string(), z.array(z.string())).nullish(),
  limits: z
    .looseObject({
      per_minute: limit,
      per_month: limit,
      lifetime: limit.optional(),
      per_ttl: limit.optional(),
    })
    .optional(),
  used: z
    .looseObject({
      this_minute: z.number(),
      this_month: z.number(),
      lifetime: z.number().optional(),
      month_resets_at: z.string().nullish(),
    })
    .optional(),
  key_problem: z
    .looseObject({
      key: z.string(),
      reason: z.string(),
      message: z.string(),
      since: z.string(),
      last_at: z.string(),
    })
    .nullish(),
});
export type CustomerJson = z.infer<typeof customerSchema>;

const withBearer = customerSchema.extend({ bearer: z.string() });
export type CustomerWithBearer = z.infer<typeof withBearer>;

/** A scoped credential as the admin interface answers it. */
const credentialSchema = z.looseObject({
  credential_id: z.string(),
  permission_id: z.string(),
  label: z.string(),
  status: z.string(),
  signing_certs: z.array(
    z.looseObject({ cert_id: z.string(), label: z.string(), modes: z.array(z.string()) }),
  ),
  created_at: z.string(),
  last_used_at: z.string().nullish(),
});
export type CredentialJson = z.infer<typeof credentialSchema>;

const seededSchema = credentialSchema.extend({ cert_id: z.string(), bearer: z.string() });
export type SeededCredential = z.infer<typeof seededSchema>;

const credentialPage = z.looseObject({
  credentials: z.array(credentialSchema),
  next_page_token: z.string().nullish(),
});

/** What a new scoped credential shall be bound by. */
export interface NewCredential {
  readonly modes: readonly string[];
  readonly label?: string;
  readonly expires_at?: string;
  readonly max_ttl?: string;
  readonly name_constraints?: Readonly<Record<string, readonly string[]>>;
  readonly source_networks?: readonly string[];
}

const page = z.looseObject({ customers: z.array(customerSchema), next_page_token: z.string().nullish() });

/** What the services say of themselves. */
const statusSchema = z.looseObject({
  /** `up`, or `degraded` when a service is down. */
  status: z.string(),
  version: z.string().optional(),
  services: z.array(
    z.looseObject({
      name: z.string(),
      status: z.string(),
      answered_in_ms: z.number().optional(),
      message: z.string().optional(),
    }),
  ),
});
export type StatusJson = z.infer<typeof statusSchema>;

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const trailPage = z.looseObject({
  customer_id: z.string(),
  handle: z.string(),
  entries: z.array(
    z.looseObject({ sequence: z.number(), recorded_at: z.string(), hash, entry: z.unknown() }),
  ),
  head: z.looseObject({ sequence: z.number(), hash }),
});
export type TrailPage = z.infer<typeof trailPage>;

const reconciliationSchema = z.looseObject({
  customers: z.number(),
  differences: z.array(
    z.looseObject({
      handle: z.string(),
      repairs: z.array(z.looseObject({ counter: z.string(), counted: z.number(), issued: z.number() })),
      issued: z.number(),
      in_trail: z.number(),
    }),
  ),
});
export type ReconciliationJson = z.infer<typeof reconciliationSchema>;
/** How long every customer together may take, in milliseconds. */
const RECONCILE_MS = 300_000;

const monthsSchema = z.looseObject({
  handle: z.string(),
  months: z.array(
    z.looseObject({ month: z.string(), issued: z.number(), in_trail: z.number(), taken_at: z.string() }),
  ),
});
export type MonthsJson = z.infer<typeof monthsSchema>;

/** Entries of an audit trail a page: the admin interface allows 1 to 1000. */
const TRAIL_PAGE_SIZE = 1_000;

/** Customers a page: the admin interface allows 1 to 500. */
const PAGE_SIZE = 500;

/** What a customer's limits shall be: null for unlimited, absent for unchanged. */
export interface LimitsChange {
  readonly per_minute?: number | null;
  readonly per_month?: number | null;
}

export interface NewCustomer {
  readonly handle: string;
  readonly tier?: string;
  readonly root_algorithm?: string;
  readonly intermediate_algorithm?: string;
  readonly name_constraints?: Readonly<Record<string, readonly string[]>>;
  readonly crl_shards?: number;
  readonly external_root?: boolean;
  readonly key_home?: string;
}

/** The operator's interface under `/v1/admin`. */
export class AdminClient {
  private readonly server: ServerClient;

  constructor(private readonly context: CliContext) {
    this.server = new ServerClient(context);
  }

  async create(customer: NewCustomer): Promise<CustomerWithBearer> {
    return read(withBearer, await this.ask({ method: 'POST', path: '/v1/admin/customers', body: customer }));
  }

  async show(handle: string): Promise<CustomerJson> {
    return read(customerSchema, await this.ask({ method: 'GET', path: pathOf(handle) }));
  }

  /** Every customer by handle, page after page. */
  async *list(): AsyncGenerator<CustomerJson> {
    let token = '';
    do {
      const from = token === '' ? '' : `&page_token=${encodeURIComponent(token)}`;
      const path = `/v1/admin/customers?limit=${PAGE_SIZE}${from}`;
      const { customers, next_page_token: next } = read(page, await this.ask({ method: 'GET', path }));
      yield* customers;
      token = next ?? '';
    } while (token !== '');
  }

  async suspend(handle: string): Promise<CustomerJson> {
    return read(customerSchema, await this.ask({ method: 'POST', path: `${pathOf(handle)}/suspend` }));
  }

  async resume(handle: string): Promise<CustomerJson> {
    return read(customerSchema, await this.ask({ method: 'POST', path: `${pathOf(handle)}/resume` }));
  }

  async promote(handle: string): Promise<CustomerJson> {
    return read(customerSchema, await this.ask({ method: 'POST', path: `${pathOf(handle)}/promote` }));
  }

  async setPlan(handle: string, plan: string): Promise<CustomerJson> {
    const path = `${pathOf(handle)}/plan`;
    return read(customerSchema, await this.ask({ method: 'PUT', path, body: { plan } }));
  }

  async resetBirthCert(handle: string): Promise<CustomerJson> {
    const path = `${pathOf(handle)}/reset-birth-cert`;
    return read(customerSchema, await this.ask({ method: 'POST', path }));
  }

  /** Of one customer, or of all without a handle. */
  async reconcileUsage(handle: string | undefined): Promise<ReconciliationJson> {
    const body = handle === undefined ? {} : { handle: handleInPath(handle) };
    const path = '/v1/admin/reconcile-usage';
    return read(
      reconciliationSchema,
      await this.ask({ method: 'POST', path, body, timeoutMs: RECONCILE_MS }),
    );
  }

  async months(handle: string): Promise<MonthsJson> {
    return read(monthsSchema, await this.ask({ method: 'GET', path: `${pathOf(handle)}/months` }));
  }

  async rotateBearer(handle: string): Promise<CustomerWithBearer> {
    return read(withBearer, await this.ask({ method: 'POST', path: `${pathOf(handle)}/rotate-bearer` }));
  }

  async setLimits(handle: string, body: LimitsChange): Promise<CustomerJson> {
    return read(customerSchema, await this.ask({ method: 'PUT', path: `${pathOf(handle)}/limits`, body }));
  }

  /** A customer's audit trail as it stands at the first page; at least one page, which may be empty. */
  async *auditTrail(handle: string): AsyncGenerator<TrailPage, undefined> {
    let after = 0;
    let end: number | undefined;
    do {
      const path = `${pathOf(handle)}/audit?after=${after}&limit=${TRAIL_PAGE_SIZE}`;
      const page = read(trailPage, await this.ask({ method: 'GET', path }));
      end ??= page.head.sequence;
      const last = end;
      // What was appended since then is for the next export.
      const entries = page.entries.filter(({ sequence }) => sequence <= last);
      if (after < last && entries.length === 0) throw incomplete(after, last);
      after = entries.at(-1)?.sequence ?? after;
      yield { ...page, entries };
    } while (after < end);
    return undefined;
  }

  async seedCredential(handle: string, wish: NewCredential): Promise<SeededCredential> {
    const path = `${pathOf(handle)}/credentials`;
    return read(seededSchema, await this.ask({ method: 'POST', path, body: wish }));
  }

  /** Every scoped credential of a customer, the oldest first. */
  async *credentials(handle: string): AsyncGenerator<CredentialJson> {
    let token = '';
    do {
      const from = token === '' ? '' : `&page_token=${encodeURIComponent(token)}`;
      const path = `${pathOf(handle)}/credentials?limit=${PAGE_SIZE}${from}`;
      const { credentials, next_page_token: next } = read(
        credentialPage,
        await this.ask({ method: 'GET', path }),
      );
      yield* credentials;
      token = next ?? '';
    } while (token !== '');
  }

  async revokeCredential(handle: string, id: string): Promise<CredentialJson> {
    const path = `${pathOf(handle)}/credentials/${encodeURIComponent(id)}`;
    return read(credentialSchema, await this.ask({ method: 'DELETE', path }));
  }

  async status(): Promise<StatusJson> {
    return read(statusSchema, await this.ask({ method: 'GET', path: '/v1/admin/status' }));
  }

  /** Sends any request as the operator, and reads its answer. */
  async read<T>(schema: z.ZodType<T>, request: ServerRequest): Promise<T> {
    return read(schema, await this.ask(request));
  }

  private async ask(request: ServerRequest): Promise<unknown> {
    return this.server.json({ ...request, token: await this.token() });
  }

  /** Who has not started a server has no token either, and shall hear of the server first. */
  private async token(): Promise<string> {
    try {
      return await operatorToken(this.context.settings(), this.context.home);
    } catch (missing) {
      await this.server.send({ method: 'GET', path: '/health' });
      throw missing;
    }
  }
}

/** Said rather than written to a file that would verify as shorter than the trail is. */
function incomplete(after: number, last: number): CliFailure {
  return new CliFailure(
    exitCodes.failed,
    `the server's audit trail is broken: it ends at entry ${last}, and there is none after ${after}`,
  );
}

const pathOf = (handle: string): string => `/v1/admin/customers/${handleInPath(handle)}`;

function read<T>(schema: z.ZodType<T>, value: unknown): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw new CliFailure(
    exitCodes.failed,
    `the server's answer is not what this version expects: ${z.prettifyError(result.error)}`,
    { hint: 'Are server and command line of the same version?' },
  );
}
