import { DomainError } from '#libs/errors';
import { parseKeyRef, type Signer, signerFailureReason } from '#libs/kms';
import { lintTbsCertificate } from '#libs/lint';
import {
  assembleCertificate,
  type CertificationRequest,
  CsrError,
  LeafTemplate,
  parseCsr,
  randomSerial,
  sha256,
  signatureAlgorithmDer,
  verifyCsr,
  verifyCsrAside,
} from '#libs/x509';
import type { SigningAuthority } from '../authority/signing-authority.js';
import { LeafPolicy } from '../policy/leaf.policy.js';
import { type CertificateOctets, packCertificates } from './certificate-block.js';
import { encodeIssued } from './issued-event.js';
import type { CsrFailure, Draft, MintJob, MintJobResult } from './mint-job.js';
import type { MintTaskTimes } from './mint-task.js';

/** What is the same for all leaves of an authority, made once. */
interface AuthorityProfile {
  readonly template: LeafTemplate;
  readonly policy: LeafPolicy;
  readonly algorithmDer: Uint8Array;
}

type RequestJob = Exclude<MintJob, { kind: 'sign' }>;
type Judged = { readonly drafts: readonly Draft[] } | { readonly failures: readonly CsrFailure[] };

/**
 * From certification requests to signed certificates: parse, proof of possession, the policy gate, draft,
 * lint, and only then the signature (RFC 5280 §4.1, RFC 2986). It remembers nothing but profiles and records
 * nothing; the same code runs in worker threads and on the main thread.
 *
 * A signature of the local backend is not verified again: it was made here by the key that the intermediate
 * certifies. A remote signer verifies what it was handed before it passes it on.
 */
export class MintPipeline {
  private readonly profiles = new WeakMap<SigningAuthority, AuthorityProfile>();

  constructor(private readonly signer: Pick<Signer, 'sign'>) {}

  /** The results in the order of the jobs; a job that fails leaves the others alone. */
  async run(jobs: readonly MintJob[]): Promise<{ results: MintJobResult[]; times: MintTaskTimes }> {
    const started = performance.now();
    const judged = await Promise.all(jobs.map((job) => this.judge(job)));
    const judgedAt = performance.now();
    const results = new Array<MintJobResult>(jobs.length);
    const toSign = new Map<SigningAuthority, number[]>();
    jobs.forEach((job, index) => {
      const verdict = judged[index];
      if (!verdict) return;
      if ('failures' in verdict) {
        results[index] = { kind: 'refused', failures: verdict.failures };
      } else if (job.kind === 'judge') {
        results[index] = { kind: 'drafts', drafts: verdict.drafts };
      } else {
        const together = toSign.get(job.authority);
        if (together) together.push(index);
        else toSign.set(job.authority, [index]);
      }
    });
    for (const [authority, indexes] of toSign) {
      const signing = indexes.flatMap((index) => {
        const job = jobs[index];
        const verdict = judged[index];
        return job && verdict && 'drafts' in verdict ? [{ index, job, drafts: verdict.drafts }] : [];
      });
      for (const { index, result } of await this.sign(authority, signing)) results[index] = result;
    }
    return {
      results,
      times: {
        judge: (judgedAt - started) / 1000,
        sign: toSign.size > 0 ? (performance.now() - judgedAt) / 1000 : 0,
      },
    };
  }

  /**
   * Each step goes over the whole job before the next begins: the processor's caches hold one step's code at a time,
   * which is worth a twentieth of the loop.
   */
  private judge(job: MintJob): Judged | Promise<Judged> {
    if (job.kind === 'sign') return { drafts: job.drafts };
    const read = job.csrs.map(readCsr);
    if (job.kind === 'judge' && job.aside) return this.judgeAside(job, read);
    return this.draft(
      job,
      read.map((csr) => (typeof csr === 'string' ? csr : (unproven(csr) ?? csr))),
    );
  }

  private async judgeAside(
    job: RequestJob,
    read: readonly (CertificationRequest | string)[],
  ): Promise<Judged> {
    return this.draft(job, await Promise.all(read.map(provenAside)));
  }

  /** @param proven with a request, or why it was refused, for each of the job's */
  private draft(job: RequestJob, proven: readonly (CertificationRequest | string)[]): Judged {
    const { template, policy } = this.profileOf(job.authority);
    const notBefore = job.notBefore * 1000;
    const notAfter = job.notAfter * 1000;
    const verdicts = proven
      .map((csr) => (typeof csr === 'string' ? csr : (policy.refusal(csr) ?? csr)))
      .map((csr): Draft | string => {
        if (typeof csr === 'string') return csr;
        const serial = randomSerial();
        return { serial, tbs: template.tbs(csr, serial, notBefore, notAfter) };
      })
      .map(linted);
    const failures: CsrFailure[] = [];
    const drafts: Draft[] = [];
    verdicts.forEach((verdict, index) => {
      if (typeof verdict === 'string') failures.push({ index, reason: verdict });
      else drafts.push(verdict);
    });
    return failures.length > 0 ? { failures } : { drafts };
  }

  /** One call of the signer for all jobs of an authority: a remote one has many round trips less. */
  private async sign(
    authority: SigningAuthority,
    signing: readonly { index: number; job: MintJob; drafts: readonly Draft[] }[],
  ): Promise<{ index: number; result: MintJobResult }[]> {
    try {
      const { algorithmDer } = this.profileOf(authority);
      const signatures = await this.signer.sign(
        parseKeyRef(authority.keyRef),
        signing.flatMap(({ drafts }) => drafts.map((each) => each.tbs)),
        Math.max(...signing.map(({ job }) => job.deadline)),
      );
      let next = 0;
      return signing.map(({ index, job, drafts }) => {
        const certificates = drafts.map(({ serial, tbs }): CertificateOctets => {
          const der = assembleCertificate(tbs, algorithmDer, signatureAt(signatures, next++));
          return { serial, der, fingerprint: sha256(der) };
        });
        const block = packCertificates(certificates);
        const { customerId, caId } = authority;
        const { notBefore, notAfter } = job;
        const issued = encodeIssued({ customerId, caId, notBefore, notAfter }, certificates);
        return { index, result: { kind: 'signed' as const, block, issued } };
      });
    } catch (error) {
      const { code, message } = DomainError.from(error);
      const reason = signerFailureReason(error) ?? '';
      if (code === 'internal') throw error;
      return signing.map(({ index }) => ({
        index,
        result: { kind: 'failed' as const, code, message, reason },
      }));
    }
  }

  private profileOf(authority: SigningAuthority): AuthorityProfile {
    const known = this.profiles.get(authority);
    if (known) return known;
    const profile: AuthorityProfile = {
      template: new LeafTemplate(authority),
      policy: new LeafPolicy(authority),
      algorithmDer: signatureAlgorithmDer(authority.signatureAlgorithm),
    };
    this.profiles.set(authority, profile);
    return profile;
  }
}

/** The request, or why it is none. */
function readCsr(der: Uint8Array): CertificationRequest | string {
  if (der.length === 0) return 'it is not a certificate request in PEM';
  return reasonOr(() => parseCsr(der));
}

/** Why possession of the key is not proven; undefined when it is. */
function unproven(csr: CertificationRequest): string | undefined {
  return reasonOr(() => {
    verifyCsr(csr);
    return undefined;
  });
}

async function provenAside(csr: CertificationRequest | string): Promise<CertificationRequest | string> {
  if (typeof csr === 'string') return csr;
  try {
    await verifyCsrAside(csr);
    return csr;
  } catch (error) {
    return reasonOf(error);
  }
}

function reasonOr<T>(work: () => T): T | string {
  try {
    return work();
  } catch (error) {
    return reasonOf(error);
  }
}

/** Throws what is no verdict. */
function reasonOf(error: unknown): string {
  if (error instanceof CsrError) return error.reason;
  throw error;
}

function linted(verdict: Draft | string): Draft | string {
  if (typeof verdict === 'string') return verdict;
  const [finding] = lintTbsCertificate(verdict.tbs, 'leaf');
  return finding ? `the certificate would break ${finding.citation}: ${finding.message}` : verdict;
}

function signatureAt(signatures: readonly Uint8Array[], index: number): Uint8Array {
  const signature = signatures[index];
  if (!signature) throw new DomainError('signer_unavailable', 'The signer gave too few signatures.');
  return signature;
}
