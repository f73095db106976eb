import type { ErrorCode } from '#libs/errors';
import type { SigningAuthority } from '../authority/signing-authority.js';
import { ByteReader, ByteWriter } from './byte-stream.js';
import { type Draft, jobSize, type MintJob, type MintJobResult } from './mint-job.js';

/** A few jobs on their way to a worker, in memory that is handed over rather than copied. */
export interface MintTask {
  readonly id: number;
  readonly jobs: Uint8Array<ArrayBuffer>;
  /** Those among the jobs' authorities that the worker has not seen, by the numbers that the jobs use. */
  readonly authorities: readonly (readonly [number, SigningAuthority])[];
  /** Numbers of authorities that the worker may forget. */
  readonly forget: readonly number[];
}

/** Seconds that a task spent where; 0 for the signer when it was not asked. */
export interface MintTaskTimes {
  readonly judge: number;
  readonly sign: number;
}

export interface MintTaskAnswer {
  readonly id: number;
  readonly results: Uint8Array<ArrayBuffer>;
  readonly times: MintTaskTimes;
}

const kinds = ['mint', 'judge', 'sign'] as const;
const outcomes = ['signed', 'drafts', 'refused', 'failed'] as const;

/** @param numberOf the number under which the worker knows an authority */
export function encodeJobs(
  jobs: readonly MintJob[],
  numberOf: (authority: SigningAuthority) => number,
): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter().u32(jobs.length);
  for (const job of jobs) {
    writer.u8(kinds.indexOf(job.kind)).u32(numberOf(job.authority));
    writer.f64(job.notBefore).f64(job.notAfter).f64(job.deadline);
    if (job.kind === 'sign') writeDrafts(writer, job.drafts);
    else writer.list(job.csrs);
  }
  return writer.finish();
}

export function decodeJobs(
  encoded: Uint8Array,
  authorityOf: (number: number) => SigningAuthority,
): MintJob[] {
  const reader = new ByteReader(encoded);
  const jobs: MintJob[] = [];
  for (let left = reader.u32(); left > 0; left--) {
    const kind = kinds[reader.u8()] ?? 'mint';
    const context = {
      authority: authorityOf(reader.u32()),
      notBefore: reader.f64(),
      notAfter: reader.f64(),
      deadline: reader.f64(),
    };
    if (kind === 'sign') jobs.push({ kind, ...context, drafts: readDrafts(reader) });
    else jobs.push({ kind, ...context, csrs: reader.list() });
  }
  return jobs;
}

export function encodeResults(results: readonly MintJobResult[]): Uint8Array<ArrayBuffer> {
  const writer = new ByteWriter().u32(results.length);
  for (const result of results) {
    writer.u8(outcomes.indexOf(result.kind));
    switch (result.kind) {
      case 'signed':
        writer.u32(result.block.count).bytes(result.block.serials).bytes(result.block.fingerprints);
        writer.bytes(result.block.ders).bytes(result.issued);
        break;
      case 'drafts':
        writeDrafts(writer, result.drafts);
        break;
      case 'refused':
        writer.bytes(Buffer.from(JSON.stringify(result.failures)));
        break;
      case 'failed':
        for (const each of [result.code, result.message, result.reason]) writer.bytes(Buffer.from(each));
        break;
    }
  }
  return writer.finish();
}

export function decodeResults(encoded: Uint8Array): MintJobResult[] {
  const reader = new ByteReader(encoded);
  const results: MintJobResult[] = [];
  for (let left = reader.u32(); left > 0; left--) results.push(readResult(reader));
  return results;
}

function readResult(reader: ByteReader): MintJobResult {
  const kind = outcomes[reader.u8()] ?? 'failed';
  switch (kind) {
    case 'signed': {
      const count = reader.u32();
      const block = { count, serials: reader.bytes(), fingerprints: reader.bytes(), ders: reader.bytes() };
      return { kind, block, issued: reader.bytes() };
    }
    case 'drafts':
      return { kind, drafts: readDrafts(reader) };
    case 'refused':
      return { kind, failures: JSON.parse(text(reader)) };
    case 'failed':
      return { kind, code: text(reader) as ErrorCode, message: text(reader), reason: text(reader) };
  }
}

function writeDrafts(writer: ByteWriter, drafts: readonly Draft[]): void {
  writer.list(drafts.map((draft) => draft.serial)).list(drafts.map((draft) => draft.tbs));
}

function readDrafts(reader: ByteReader): Draft[] {
  const serials = reader.list();
  return reader.list().map((tbs, index) => ({ tbs, serial: serials[index] ?? new Uint8Array(0) }));
}

function text(reader: ByteReader): string {
  return Buffer.from(reader.bytes()).toString();
}

/** Certificates in all of the jobs. */
export function taskSize(jobs: readonly MintJob[]): number {
  return jobs.reduce((sum, job) => sum + jobSize(job), 0);
}
