import { parentPort, workerData } from 'node:worker_threads';
import { createSigner, type KmsSettings } from '#libs/kms';
import type { SigningAuthority } from '../authority/signing-authority.js';
import { MintPipeline } from './mint.pipeline.js';
import { decodeJobs, encodeResults, type MintTask, type MintTaskAnswer } from './mint-task.js';

/** What the pool hands to a worker at its start. */
export interface MintWorkerData {
  readonly kms: KmsSettings;
}

/** What a worker says: that it is ready, what became of a task, or that a task broke it. */
export type MintWorkerMessage =
  | { readonly kind: 'ready' }
  | { readonly kind: 'answer'; readonly answer: MintTaskAnswer }
  | { readonly kind: 'broken'; readonly id: number; readonly error: unknown };

const port = parentPort;
if (!port) throw new Error('mint.worker runs in a worker thread only');

const { kms } = workerData as MintWorkerData;
// Remote keys sign on the main thread, where all share one queue for their quota: here, only local ones are opened.
const pipeline = new MintPipeline(await createSigner({ ...kms, backend: 'local' }, { onDemand: true }));
const authorities = new Map<number, SigningAuthority>();

function authorityOf(number: number): SigningAuthority {
  const authority = authorities.get(number);
  if (!authority) throw new Error(`The worker was not told of authority ${number}.`);
  return authority;
}

async function answer(task: MintTask): Promise<void> {
  for (const number of task.forget) authorities.delete(number);
  for (const [number, authority] of task.authorities) authorities.set(number, authority);
  const { results, times } = await pipeline.run(decodeJobs(task.jobs, authorityOf));
  const encoded = encodeResults(results);
  const message: MintWorkerMessage = { kind: 'answer', answer: { id: task.id, results: encoded, times } };
  port?.postMessage(message, [encoded.buffer]);
}

port.on('message', (task: MintTask) => {
  answer(task).catch((error: unknown) => {
    const message: MintWorkerMessage = { kind: 'broken', id: task.id, error };
    port.postMessage(message);
  });
});
const ready: MintWorkerMessage = { kind: 'ready' };
port.postMessage(ready);
