import type { CliContext } from '../cli-context.js';
import { CliFailure, exitCodes, messageOf } from '../cli-failure.js';
import type { AdminClient, CustomerJson } from '../server/admin-client.js';
import { progressOf } from './customer-text.js';

const POLL_MS = 250;

/** How a wait ended: the customer as last seen, and why it is not active when it is not. */
export interface CaWait {
  readonly customer: CustomerJson;
  readonly failure?: CliFailure;
}

/**
 * Waits until the ceremony has made the customer's CA.
 *
 * Never throws: the caller holds a bearer that is shown once and must print it whatever happens here.
 * A server that is away for a moment is waited for as well, until the time is over.
 */
export async function waitForCa(
  admin: AdminClient,
  context: CliContext,
  wait: { readonly customer: CustomerJson; readonly seconds: number },
): Promise<CaWait> {
  const { handle } = wait.customer;
  const until = context.now() + wait.seconds * 1000;
  const progress = progressLine(context);
  let { customer } = wait;
  let away: CliFailure | undefined;
  try {
    while (customer.status === 'provisioning') {
      progress.show(`${handle}: ${progressOf(customer)}`);
      if (context.now() >= until) return { customer, failure: away ?? tooSlow(customer, wait.seconds) };
      await context.sleep(POLL_MS);
      try {
        customer = await admin.show(handle);
        away = undefined;
      } catch (thrown) {
        if (!isPassing(thrown)) throw thrown;
        away = thrown;
      }
    }
  } catch (thrown) {
    return { customer, failure: asFailure(thrown, context, handle) };
  } finally {
    progress.clear();
  }
  if (customer.status === 'active') return { customer };
  return { customer, failure: new CliFailure(exitCodes.failed, `${handle} is ${customer.status}`) };
}

/** One line on a terminal that overwrites itself; nothing where stderr is a file or a pipe. */
function progressLine({ stderr }: CliContext): { show(text: string): void; clear(): void } {
  if (stderr.isTTY !== true) return { show: () => undefined, clear: () => undefined };
  const erase = '\r\u001b[K';
  return { show: (text) => stderr.write(erase + text), clear: () => stderr.write(erase) };
}

/** No answer, or a 503: the server may be restarting. */
function isPassing(thrown: unknown): thrown is CliFailure {
  if (!(thrown instanceof CliFailure)) return false;
  return thrown.exitCode === exitCodes.unreachable || passingCodes.has(thrown.context.error?.code ?? '');
}

const passingCodes = new Set([
  'service_unavailable',
  'storage_unavailable',
  'deadline_exceeded',
  'overloaded',
  'rate_limited',
]);

const seeLater = (handle: string): string =>
  `The ceremony goes on without this command. See it with: stackrunner customer show ${handle}`;

const tooSlow = (customer: CustomerJson, seconds: number): CliFailure =>
  new CliFailure(
    exitCodes.failed,
    `${customer.handle} is not active after ${seconds} s (${progressOf(customer)})`,
    { hint: seeLater(customer.handle) },
  );

function asFailure(thrown: unknown, context: CliContext, handle: string): CliFailure {
  if (context.signal.aborted)
    return new CliFailure(exitCodes.interrupted, 'interrupted', { hint: seeLater(handle) });
  if (thrown instanceof CliFailure) return thrown;
  return new CliFailure(exitCodes.failed, messageOf(thrown));
}
