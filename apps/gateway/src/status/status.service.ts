import { BillingService, IssuerService, ProvisionerService, RevocationService } from '#libs/contracts';
import { DomainError } from '#libs/errors';
import type { RpcTransport } from '#libs/rpc';
import type { HealthReport } from '#libs/service';

export interface ServiceStatus {
  readonly name: string;
  readonly status: 'up' | 'down';
  /** Milliseconds until it answered; absent when it did not. */
  readonly answered_in_ms?: number;
  readonly message?: string;
}

export interface StatusJson {
  /** `up` when every service answers and the gateway is ready. */
  readonly status: 'up' | 'degraded';
  readonly version: string;
  readonly services: readonly ServiceStatus[];
}

/** A service that takes longer counts as down. */
const probeTimeoutMs = 1_000;
/** Nobody's UUID: what is asked about it costs one look and changes nothing. */
const nobody = '00000000-0000-4000-8000-000000000000';

/** Tells an operator which services answer, by asking each a question that changes nothing. */
export class StatusService {
  constructor(
    private readonly rpc: RpcTransport,
    private readonly version: string,
  ) {}

  async status(ready: () => Promise<HealthReport>): Promise<StatusJson> {
    const { rpc } = this;
    const options = { timeoutMs: probeTimeoutMs };
    const services = await Promise.all([
      probe('gateway', async () => assertReady(await ready())),
      probe('issuer', () => rpc.client(IssuerService).getQuota({ customerId: nobody }, options)),
      probe('provisioner', () => rpc.client(ProvisionerService).listCustomers({ pageSize: 1 }, options)),
      probe('revocation', () =>
        rpc
          .client(RevocationService)
          .getSerialStatus({ customerId: nobody, serial: new Uint8Array(16) }, options),
      ),
      probe('billing', () => rpc.client(BillingService).getEntitlement({ customerId: nobody }, options)),
    ]);
    const allUp = services.every(({ status }) => status === 'up');
    return { status: allUp ? 'up' : 'degraded', version: this.version, services };
  }
}

async function probe(name: string, ask: () => Promise<unknown>): Promise<ServiceStatus> {
  const start = performance.now();
  const elapsed = () => Math.round((performance.now() - start) * 10) / 10;
  try {
    await ask();
    return { name, status: 'up', answered_in_ms: elapsed() };
  } catch (error) {
    const { code, message, httpStatus } = DomainError.from(error);
    // Not knowing nobody is an answer like any other.
    if (httpStatus < 500) return { name, status: 'up', answered_in_ms: elapsed() };
    return { name, status: 'down', message: `${code}: ${message}` };
  }
}

function assertReady(report: HealthReport): void {
  const down = Object.entries(report.checks).filter(([, check]) => !check.ready);
  if (report.ready) return;
  const why = down.map(([name, { message }]) => `${name} (${message ?? 'not ready'})`).join(', ');
  throw new DomainError('service_unavailable', why);
}
