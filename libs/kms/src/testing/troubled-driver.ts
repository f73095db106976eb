import type { KmsFaults } from '#libs/testing';
import type { KmsDriver } from '../remote/kms-driver.js';

/** What a driver's own library throws. */
export interface DriverErrors {
  readonly throttle: () => Error;
  readonly deny: () => Error;
  readonly unavailable: () => Error;
  readonly drop: () => Error;
}

type Call = Parameters<KmsFaults['strike']>[0];
type Method = (...parameters: never[]) => Promise<unknown>;

const calls: Partial<Record<keyof KmsDriver, Call>> = {
  create: 'create',
  sign: 'sign',
  publicKey: 'public_key',
  describe: 'other',
  disable: 'other',
  enable: 'other',
  list: 'other',
  scheduleDestruction: 'other',
  adopt: 'other',
  attestation: 'other',
};

/**
 * A driver whose wire no stand-in can break, because it is a library within this process: its calls are delayed and
 * fail as they are told, with the errors that its library throws.
 *
 * @param other something else of the same shape, where a wrong answer is planned
 */
export function troubledDriver(
  driver: KmsDriver,
  faults: KmsFaults,
  { errors, other }: { readonly errors: DriverErrors; readonly other: () => Promise<Uint8Array> },
): KmsDriver {
  return new Proxy(driver, {
    get(target, property: keyof KmsDriver) {
      const value: unknown = Reflect.get(target, property);
      if (typeof value !== 'function') return value;
      const call = calls[property];
      if (!call) return value.bind(target);
      return async (...parameters: never[]) => {
        const fault = await faults.strike(call);
        if (fault === 'hang') return new Promise(() => undefined);
        if (fault === 'wrong_public_key') return other();
        const result =
          fault && fault in errors ? undefined : await (value as Method).apply(target, parameters);
        if (fault === 'wrong_signature')
          return (result as Uint8Array).map((octet, at) => (at > 8 ? octet ^ 1 : octet));
        if (fault) throw errors[fault as keyof DriverErrors]();
        return result;
      };
    },
  });
}
