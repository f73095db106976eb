import { parentPort, workerData } from 'node:worker_threads';
import type { Pkcs11Settings } from '../kms-settings.js';
import type { DriverFailure } from '../remote/kms-driver.js';
import { signerFailureReason } from '../signer-failure.js';
import { pkcs11Failure } from './pkcs11-errors.js';
import { Pkcs11Keys } from './pkcs11-keys.js';

/** The calls that a thread takes, as {@link Pkcs11Keys} has them. */
export type Pkcs11Method = Exclude<keyof Pkcs11Keys, 'close'>;

export interface Pkcs11Call {
  readonly method: Pkcs11Method;
  readonly parameters: readonly unknown[];
}

/** What became of a call. */
export type Pkcs11Outcome = { readonly value: unknown } | { readonly failure: DriverFailure };

/** Calls in their order at a time (epoch milliseconds); or the end, with or without the module's. */
export type ToPkcs11Thread =
  | { readonly kind: 'calls'; readonly now: number; readonly calls: readonly Pkcs11Call[] }
  | { readonly kind: 'close'; readonly last: boolean };

/** First what became of its start, then an answer to each message, in their order. */
export type FromPkcs11Thread = readonly Pkcs11Outcome[];

const port = parentPort;
if (!port) throw new Error('pkcs11.worker runs in a worker thread only');

let now = Date.now();
let keys: Pkcs11Keys | undefined;

function outcomeOf(work: () => unknown): Pkcs11Outcome {
  try {
    return { value: work() };
  } catch (error) {
    const reason = signerFailureReason(error);
    const failure = pkcs11Failure(error);
    return { failure: reason && error instanceof Error ? { reason, message: error.message } : failure };
  }
}

function perform({ method, parameters }: Pkcs11Call): unknown {
  const call = keys?.[method] as (...given: readonly unknown[]) => unknown;
  return Reflect.apply(call, keys, parameters);
}

const say = (outcomes: FromPkcs11Thread): void => port.postMessage(outcomes);

port.on('message', (message: ToPkcs11Thread) => {
  if (message.kind === 'close') {
    say([outcomeOf(() => keys?.close(message.last))]);
    return port.close();
  }
  now = message.now;
  say(message.calls.map((call) => outcomeOf(() => perform(call))));
});
say([
  outcomeOf(() => {
    keys = Pkcs11Keys.open(workerData as Pkcs11Settings, () => now);
  }),
]);
