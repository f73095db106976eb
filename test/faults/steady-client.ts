import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer, Customer, Minted, Product, Refusal } from '../support/product.js';

/** What one idempotency key brought, and over how many tries. */
export interface Order {
  readonly key: string;
  readonly size: number;
  readonly body: object;
  readonly minted: Minted;
  readonly tries: number;
}

export interface SteadyClientOptions {
  readonly product: Product;
  readonly customer: Customer;
  readonly csrs: readonly string[];
  /** Distinguishes this client's keys. */
  readonly name: string;
}

/**
 * A client as the documentation asks for: every order has an idempotency key of its own and is sent again, as
 * it was, until it is answered with 200. Any answer that is neither a success nor a 503 is a fault.
 */
export class SteadyClient {
  readonly orders: Order[] = [];
  readonly faults: string[] = [];
  /** Codes of the 503 answers. */
  readonly refusals = new Map<string, number>();
  #stopped = false;

  constructor(private readonly options: SteadyClientOptions) {}

  async run(): Promise<void> {
    for (let n = 1; !this.#stopped; n += 1) await this.order(`${this.options.name}-${n}`, 1 + (n % 4));
  }

  /** Lets the order under way come to its end. */
  stop(): void {
    this.#stopped = true;
  }

  private async order(key: string, size: number): Promise<void> {
    const { csrs } = this.options;
    const offset = Math.floor(Math.random() * (csrs.length - size));
    const body = { version: 'v1', csr_pems: csrs.slice(offset, offset + size), ttl: '1h' };
    const giveUpAt = Date.now() + 60_000;
    for (let tries = 1; Date.now() < giveUpAt; tries += 1) {
      // A gateway that dies under a request answers nothing.
      const answer = await this.send(key, body).catch(() => undefined);
      if (answer?.status === 200) {
        this.orders.push({ key, size, body, minted: answer.json<Minted>(), tries });
        return;
      }
      if (answer?.status === 503) this.refused(answer.json<Refusal>().error.code);
      else if (answer) this.faults.push(`${key}: ${answer.status} ${answer.text}`);
      await sleep(20);
    }
    this.faults.push(`${key}: no answer within a minute`);
  }

  /** Sends an order once. */
  send(key: string, body: object): Promise<Answer> {
    const { product, customer } = this.options;
    const headers = { 'idempotency-key': key };
    return product.request(`/${customer.handle}/mint`, { bearer: customer.bearer, body, headers });
  }

  private refused(code: string): void {
    this.refusals.set(code, (this.refusals.get(code) ?? 0) + 1);
  }
}
