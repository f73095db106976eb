import { createPublicKey, generateKeyPairSync, sign, verify } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCsr, parseCsr } from '#libs/x509';
import type { SigningAuthority } from '../apps/issuer/src/authority/signing-authority.js';
import { MintPipeline } from '../apps/issuer/src/mint/mint.pipeline.js';
import { authorityIn } from './lib/authority.js';
import { type Benchmark, median, type Row } from './lib/report.js';

const count = 64;
const rounds = 160;
/** Rounds that do not count: the compiler is still at work. */
const warmUp = 60;
/** As the worker pool feeds the pipeline. */
const taskSize = 32;

/** CPU microseconds of this process that one item of the work took. */
async function cpu(work: () => Promise<void> | void): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / count;
}

/** The least that any mint in Node must do: import the requester's key, verify the request, sign the leaf. */
function nodeItself(csrs: readonly Uint8Array[]): () => void {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const parts = csrs.map((der) => {
    const csr = parseCsr(der);
    const jwk = createPublicKey({ key: Buffer.from(csr.spki.der), format: 'der', type: 'spki' }).export({
      format: 'jwk',
    });
    return { jwk, tbs: csr.tbs, signature: csr.signature };
  });
  const leaf = Buffer.alloc(600, 1);
  return () => {
    for (const { jwk, tbs, signature } of parts) {
      if (!verify('sha256', tbs, createPublicKey({ key: jwk, format: 'jwk' }), signature))
        throw new Error('unverified');
      sign('sha256', leaf, privateKey);
    }
  };
}

async function mintAll(
  pipeline: MintPipeline,
  authority: SigningAuthority,
  csrs: readonly Uint8Array[],
): Promise<void> {
  const now = Math.floor(Date.now() / 1_000);
  const times = { notBefore: now - 60, notAfter: now + 3_600, deadline: Date.now() + 60_000 };
  for (let i = 0; i < count; i += taskSize) {
    const job = { kind: 'mint' as const, authority, csrs: csrs.slice(i, i + taskSize), ...times };
    const { results } = await pipeline.run([job]);
    if (results[0]?.kind !== 'signed') throw new Error(`not minted: ${JSON.stringify(results[0])}`);
  }
}

async function run(): Promise<Row[]> {
  const dir = mkdtempSync(join(tmpdir(), 'stackrunner-loop-'));
  try {
    const { signer, authority } = await authorityIn(dir);
    const pipeline = new MintPipeline(signer);
    const pool = (round: number) =>
      Array.from(
        { length: count },
        (_, i) => createCsr({ commonName: 'b', dnsNames: [`app-${round}-${i}.internal`] }).csrDer,
      );
    const ours: number[] = [];
    const theirs: number[] = [];
    const record = (mine: number, its: number, round: number) => {
      if (round < warmUp) return;
      ours.push(mine);
      theirs.push(its);
    };
    for (let round = 0; round < rounds; round += 1) {
      // New keys every round: the pipeline remembers keys that it has seen.
      const csrs = pool(round);
      const node = nodeItself(csrs);
      const minted = () => cpu(() => mintAll(pipeline, authority, csrs));
      const least = () => cpu(node);
      // Whoever comes first pays for the garbage of the preparation: they take turns.
      if (round % 2 === 0) {
        const [mine, its] = [await minted(), await least()];
        record(mine, its, round);
      } else {
        const [its, mine] = [await least(), await minted()];
        record(mine, its, round);
      }
    }
    return [
      {
        path: 'mint loop alone (parse, verify, policy, build, lint, sign)',
        measured: `${median(ours).toFixed(0)} µs CPU`,
        against: `Node's import + verify + sign ${median(theirs).toFixed(0)} µs CPU`,
        ratio: median(theirs.map((least, i) => least / (ours[i] ?? least))),
        atLeast: 0.85,
      },
    ];
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

export const mintLoop: Benchmark = {
  name: 'mint-loop',
  about: "the pipeline on one core, against Node's own cryptography alone",
  run,
};
