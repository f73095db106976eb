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
  limits: z.looseObject({ per_minute: limit, per_month: limit }).optional(),
  used: z
    .looseObject({ this_minute: z.number(), this_month: z.number(), month_resets_at: z.string().nullish() })
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

/** Customers a page: the admin interface allows 1 to 500. */
const PAGE_SIZE = 500;

/** What a customer's limits shall be: null for unlimited, absent for unchanged. */
export interface LimitsChange {
  readonly per_minute?: number | null;
  readonly per_month?: number | null;
}

export interface NewCustomer {
  readonly handle: string;
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

  async rotateBearer(handle: string): Promise<CustomerWithBearer> {
    return read(withBearer, await this.ask({ method: 'POST', path: `${pathOf(handle)}/rotate-bearer` }));
  }

  async setLimits(handle: string, body: LimitsChange): Promise<CustomerJson> {
    return read(customerSchema, await this.ask({ method: 'PUT', path: `${pathOf(handle)}/limits`, body }));
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
