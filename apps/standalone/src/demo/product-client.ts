import { setTimeout as sleep } from 'node:timers/promises';

/** The part of a customer that the demo reads. */
export interface DemoCustomer {
  readonly handle: string;
  readonly status: string;
  readonly bearer?: string;
}

/** What `POST /<handle>/mint` answers. */
export interface Minted {
  readonly certs: readonly { readonly cert_pem: string; readonly serial: string }[];
  readonly chain: string;
  readonly batch_id?: string;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** The product's answer was not a success. */
export class RefusedError extends Error {
  constructor(
    readonly status: number,
    body: unknown,
  ) {
    super(`the product answered ${status}: ${JSON.stringify(body)}`);
  }
}

/** Talks to the product over HTTP, with nothing that a user does not have. */
export class ProductClient {
  constructor(
    private readonly origin: string,
    private readonly operatorToken: string,
  ) {}

  /** The customer, new with its bearer; undefined when the handle is taken. */
  async createCustomer(handle: string): Promise<DemoCustomer | undefined> {
    const answer = await this.post('/v1/admin/customers', this.operatorToken, { handle });
    return answer.status === 409 ? undefined : expectOk<DemoCustomer>(answer);
  }

  /** Waits until the customer's CA is active. */
  async untilActive(handle: string): Promise<DemoCustomer> {
    for (const deadline = Date.now() + 30_000; ; ) {
      const customer = await this.customer(handle);
      if (customer.status !== 'provisioning' || Date.now() > deadline) return customer;
      await sleep(20);
    }
  }

  async rotateBearer(handle: string): Promise<DemoCustomer> {
    const path = `/v1/admin/customers/${handle}/rotate-bearer`;
    return expectOk<DemoCustomer>(await this.post(path, this.operatorToken, undefined));
  }

  async mint(
    handle: string,
    bearer: string,
    batch: { csrs: readonly string[]; ttl: string },
  ): Promise<Minted> {
    const body = { version: 'v1', csr_pems: batch.csrs, ttl: batch.ttl };
    return expectOk<Minted>(await this.post(`/${handle}/mint`, bearer, body));
  }

  private async customer(handle: string): Promise<DemoCustomer> {
    const response = await fetch(`${this.origin}/v1/admin/customers/${handle}`, {
      headers: { authorization: `Bearer ${this.operatorToken}` },
    });
    return expectOk<DemoCustomer>({ status: response.status, body: await response.json() });
  }

  private async post(path: string, token: string, body: unknown): Promise<Answer> {
    const headers: Record<string, string> = { authorization: `Bearer ${token}` };
    if (body !== undefined) headers['content-type'] = 'application/json';
    const init: RequestInit = { method: 'POST', headers };
    if (body !== undefined) init.body = JSON.stringify(body);
    const response = await fetch(this.origin + path, init);
    return { status: response.status, body: await response.json() };
  }
}

function expectOk<T>({ status, body }: Answer): T {
  if (status >= 200 && status < 300) return body as T;
  throw new RefusedError(status, body);
}
