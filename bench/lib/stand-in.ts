// A stand-in of a KMS in a process of its own, so that its work is not the load generator's.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import {
  type KmsCall,
  type KmsQuotas,
  startAwsDouble,
  startAzureDouble,
  startGoogleDouble,
  startVaultDouble,
} from '#libs/testing';

const doubles = {
  aws: startAwsDouble,
  google: startGoogleDouble,
  azure: startAzureDouble,
  vault: startVaultDouble,
};
export type StandInName = keyof typeof doubles;
export const standIns = Object.keys(doubles) as StandInName[];

export interface StandIn {
  readonly pid: number;
  /** What a process of the product needs to use it. */
  readonly env: Readonly<Record<string, string>>;
  /** Calls of a kind that it was asked for so far, throttled ones too. Default: signatures. */
  asked(call?: KmsCall): Promise<number>;
  /** From the next call on. */
  limit(quotas: KmsQuotas): void;
  stop(): void;
}

export async function startStandIn(name: StandInName, quotas: KmsQuotas = {}): Promise<StandIn> {
  const child = fork(fileURLToPath(import.meta.url), [name, JSON.stringify(quotas)]);
  const [env] = await once(child, 'message');
  return {
    pid: child.pid ?? 0,
    env,
    asked: async (call = 'sign') => {
      child.send(call);
      const [count] = await once(child, 'message');
      return count;
    },
    limit: (limits) => void child.send(limits),
    stop: () => void child.kill(),
  };
}

async function serve(name: string, quotas: KmsQuotas): Promise<void> {
  const start = Object.entries(doubles).find(([each]) => each === name)?.[1];
  if (!start) throw new Error(`There is no stand-in ${name}.`);
  const { env, faults } = await start({ quotas });
  process.on('message', (asked: KmsCall | KmsQuotas) => {
    if (typeof asked === 'string') process.send?.(faults.calls[asked]);
    else faults.quotas = asked;
  });
  process.on('disconnect', () => process.exit());
  process.send?.(env);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await serve(process.argv[2] ?? '', JSON.parse(process.argv[3] ?? '{}'));
}
