import { randomBytes } from 'node:crypto';
import type { SigningAuthority } from '../authority/signing-authority.js';
import { joinBlocks, packCertificates, unpackCertificates } from './certificate-block.js';
import type { MintJob, MintJobResult } from './mint-job.js';
import { decodeJobs, decodeResults, encodeJobs, encodeResults } from './mint-task.js';

const authority: SigningAuthority = {
  caId: 'ca',
  customerId: 'customer',
  keyRef: 'local:k',
  signatureAlgorithm: 'ecdsa-sha256',
  certificateDer: new Uint8Array(),
  subjectCommonName: 'cn',
  crlUrls: ['crl'],
  shortLivedMs: 0,
  ocspUrl: 'ocsp',
  caIssuersUrl: 'issuers',
  names: 'requested',
  ownNamesOnly: false,
  nameConstraints: undefined,
};
const times = { notBefore: 1_775_000_000, notAfter: 1_775_604_860, deadline: 1_775_000_005_123 };
const octets = (length: number): Uint8Array => Uint8Array.from(randomBytes(length));
const certificates = (count: number) =>
  Array.from({ length: count }, (_, index) => ({
    serial: octets(16),
    fingerprint: octets(32),
    der: octets(400 + index),
  }));

describe('tasks between threads', () => {
  it('carry jobs as they are, also large ones', () => {
    const jobs: MintJob[] = [
      { kind: 'mint', authority, ...times, csrs: [octets(300), octets(0)] },
      { kind: 'judge', authority, ...times, csrs: Array.from({ length: 32 }, () => octets(8_000)) },
      { kind: 'sign', authority, ...times, drafts: [{ serial: octets(16), tbs: octets(500) }] },
    ];
    const plain = (value: unknown): unknown =>
      JSON.parse(
        JSON.stringify(value, (_, each) =>
          each instanceof Uint8Array ? Buffer.from(each).toString('hex') : each,
        ),
      );
    expect(
      plain(
        decodeJobs(
          encodeJobs(jobs, () => 7),
          () => authority,
        ),
      ),
    ).toEqual(plain(jobs));
  });

  it('carry results as they are', () => {
    const made = certificates(3);
    const results: MintJobResult[] = [
      { kind: 'signed', block: packCertificates(made), issued: octets(90) },
      { kind: 'drafts', drafts: [{ serial: octets(16), tbs: octets(500) }] },
      { kind: 'refused', failures: [{ index: 4, reason: 'the name "ä" is malformed' }] },
      { kind: 'failed', code: 'signer_unavailable', message: 'Key x is disabled.', reason: 'key_disabled' },
    ];
    const decoded = decodeResults(encodeResults(results));
    expect(decoded.slice(2)).toEqual(results.slice(2));
    const [signed] = decoded;
    if (signed?.kind !== 'signed') throw new Error('not signed');
    expect(unpackCertificates(signed.block)).toEqual(made);
  });

  it('join the chunks of a batch in order', () => {
    const made = certificates(70);
    const chunks = [made.slice(0, 32), made.slice(32, 64), made.slice(64)];
    expect(unpackCertificates(joinBlocks(chunks.map(packCertificates)))).toEqual(
      made.map((each) => ({
        serial: Buffer.from(each.serial),
        fingerprint: Buffer.from(each.fingerprint),
        der: Buffer.from(each.der),
      })),
    );
  });
});
