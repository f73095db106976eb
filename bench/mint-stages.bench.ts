import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseKeyRef } from '#libs/kms';
import { lintTbsCertificate } from '#libs/lint';
import {
  assembleCertificate,
  createCsr,
  csrFromPem,
  LeafTemplate,
  parseCsr,
  pemEncode,
  randomSerial,
  sha256,
  signatureAlgorithmDer,
  verifyCsr,
} from '#libs/x509';
import { LeafPolicy } from '../apps/issuer/src/policy/leaf.policy.js';
import { authorityIn } from './lib/authority.js';
import { type Benchmark, median, type Row } from './lib/report.js';

/** As the pool feeds the pipeline. */
const taskSize = 32;
const rounds = 240;
/** Rounds that do not count: the compiler is still at work. */
const warmUp = 80;
const hour = 3_600_000;

/** Microseconds of one core that each stage takes for one certificate; nothing else runs in this process. */
class Stages {
  private readonly samples = new Map<string, number[]>();

  async run<T>(stage: string, work: () => Promise<T> | T): Promise<T> {
    const started = performance.now();
    const outcome = await work();
    const spent = ((performance.now() - started) * 1_000) / taskSize;
    this.samples.set(stage, [...(this.samples.get(stage) ?? []), spent]);
    return outcome;
  }

  rows(): Row[] {
    const rows = [...this.samples].map(([stage, spent]) => [stage, median(spent.slice(warmUp))] as const);
    const all = rows.reduce((sum, [, spent]) => sum + spent, 0);
    return rows.map(([stage, spent]) => ({
      path: `stage of a mint: ${stage}`,
      measured: `${spent.toFixed(1)} µs`,
      against: `all stages ${all.toFixed(0)} µs`,
      ratio: spent / all,
    }));
  }
}

async function run(): Promise<Row[]> {
  const dir = mkdtempSync(join(tmpdir(), 'stackrunner-stages-'));
  try {
    const { signer, authority } = await authorityIn(dir);
    const template = new LeafTemplate(authority);
    const policy = new LeafPolicy(authority);
    const algorithm = signatureAlgorithmDer(authority.signatureAlgorithm);
    const stages = new Stages();
    for (let round = 0; round < rounds; round += 1) {
      const pems = Array.from({ length: taskSize }, (_, i) => {
        const { csrDer } = createCsr({ commonName: 'b', dnsNames: [`app-${round}-${i}.internal`] });
        return pemEncode('CERTIFICATE REQUEST', csrDer);
      });
      const ders = await stages.run('read PEM', () => pems.map((pem) => csrFromPem(pem)));
      const csrs = await stages.run('parse', () => ders.map((der) => parseCsr(der)));
      await stages.run('import the key, verify the request', () => csrs.map(verifyCsr));
      await stages.run('policy', () => csrs.map((csr) => policy.refusal(csr)));
      const now = Date.now();
      const drafts = await stages.run('build', () =>
        csrs.map((csr) => template.tbs(csr, randomSerial(), now - 60_000, now + hour)),
      );
      await stages.run('lint', () => drafts.map((tbs) => lintTbsCertificate(tbs, 'leaf')));
      const key = parseKeyRef(authority.keyRef);
      const signatures = await stages.run('sign', () => signer.sign(key, drafts, now + hour));
      await stages.run('assemble, fingerprint', () =>
        drafts.map((tbs, i) => sha256(assembleCertificate(tbs, algorithm, signatures[i] ?? tbs))),
      );
    }
    return stages.rows();
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

export const mintStages: Benchmark = {
  name: 'mint-stages',
  about: 'where the time of a mint goes, stage by stage, on one core',
  run,
};
