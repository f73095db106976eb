import {
  type Certificate,
  CertificateError,
  KeyError,
  PemError,
  parseCertificate,
  pemBlocks,
  sha256Hex,
  verifyCertificateSignature,
} from '#libs/x509';
import { readEntry, type TranscriptEntry, type TranscriptFile } from './transcript.js';

/** What was found; a transcript without problems is whole. */
export interface TranscriptVerdict {
  readonly problems: readonly string[];
  /** SHA-256 of the last entry: compare it with what the server has logged. */
  readonly head: string;
  readonly entries: readonly TranscriptEntry[];
}

/** Facts that are the digest of an artefact which the file must hold. */
const digestsOfArtifacts = ['certificate_sha256', 'issuer_sha256', 'request_sha256', 'attestation_sha256'];
const beforeTheFirst = '0'.repeat(64);

/**
 * Checks a transcript with nothing but the file:
 *
 * - every entry has the hash that it claims, names the hash of the one before, and is numbered without gaps;
 * - every artefact is named by the digest that an entry recorded, and none is missing;
 * - every intermediate is signed by its root;
 * - every ceremony that signed with the root signed one intermediate, and disabled the root's key afterwards.
 *
 * It cannot tell whether the last entries were cut off: for that, give the head that was kept elsewhere.
 */
export function verifyTranscript(file: TranscriptFile, head?: string): TranscriptVerdict {
  const problems: string[] = [];
  const entries: TranscriptEntry[] = [];
  let previous = beforeTheFirst;
  for (const [index, { entry: text, sha256 }] of file.entries.entries()) {
    const where = `entry ${index + 1}`;
    const entry = readEntry(text);
    if (sha256Hex(Buffer.from(text)) !== sha256)
      problems.push(`${where} does not have the hash that it claims`);
    if (!entry) {
      problems.push(`${where} cannot be read`);
    } else {
      if (entry.sequence !== index + 1) problems.push(`${where} has the number ${entry.sequence}`);
      if (entry.previous !== previous) problems.push(`${where} does not follow the entry before it`);
      if (entry.customer !== file.customer || entry.handle !== file.handle) {
        problems.push(`${where} is about another customer`);
      }
      entries.push(entry);
    }
    previous = sha256;
  }
  if (file.entries.length === 0) problems.push('there are no entries');
  if (head !== undefined && head !== previous) problems.push(`the last entry is not ${head}`);
  problems.push(...artifactProblems(file, entries), ...rootProblems(entries));
  return { problems, head: previous, entries };
}

function artifactProblems(file: TranscriptFile, entries: readonly TranscriptEntry[]): string[] {
  const problems: string[] = [];
  const named = new Map<string, string>();
  for (const { sequence, facts } of entries) {
    for (const fact of digestsOfArtifacts) {
      const digest = facts[fact];
      if (digest !== undefined) named.set(digest, `entry ${sequence} (${fact})`);
    }
  }
  const certificates = new Map<string, Certificate>();
  for (const { name, kind, pem } of file.artifacts) {
    const content = contentOf(pem, kind);
    if (!content) {
      problems.push(`the artefact ${name} is not PEM`);
      continue;
    }
    if (!named.delete(sha256Hex(content))) problems.push(`no entry names the artefact ${name}`);
    const certificate = kind === 'CERTIFICATE' ? parsed(content) : undefined;
    if (certificate) certificates.set(name, certificate);
    else if (kind === 'CERTIFICATE') problems.push(`the artefact ${name} is not a certificate`);
  }
  for (const [digest, where] of named) problems.push(`${where} names ${digest}, which is not in the file`);
  return [...problems, ...signatureProblems(certificates)];
}

function signatureProblems(certificates: ReadonlyMap<string, Certificate>): string[] {
  const root = certificates.get('root-1');
  return [...certificates].flatMap(([name, certificate]) => {
    const isRoot = name.startsWith('root-') || name.endsWith('-issuer');
    const issuer = isRoot ? certificate : (certificates.get(`${name}-issuer`) ?? root);
    return issuer !== undefined && isSignedBy(certificate, issuer)
      ? []
      : [`the certificate ${name} is not signed by ${isRoot ? 'itself' : 'its root'}`];
  });
}

function rootProblems(entries: readonly TranscriptEntry[]): string[] {
  const ceremonies = [...new Set(entries.map(({ ceremony }) => ceremony))];
  return ceremonies.flatMap((id) => {
    const steps = entries.filter(({ ceremony }) => ceremony === id);
    const [first] = steps;
    if (!first || !(first.kind === 'birth' || first.kind === 'rotation')) return [];
    const about = `the ${first.kind} of generation ${first.generation}`;
    const signed = steps.findIndex(({ step }) => step === 'intermediate_certificate');
    const after = steps.slice(signed + 1);
    const disabled = after.some(
      ({ step, facts }) => step === 'disable_root_key' && facts.state === 'disabled',
    );
    const isActive = steps.some(({ step }) => step === 'activate');
    if (signed < 0) return isActive ? [`${about} ended without a certificate`] : [];
    if (after.some(({ step }) => step === 'intermediate_certificate'))
      return [`${about} signed more than once`];
    return disabled || !isActive ? [] : [`${about} did not disable the root's key`];
  });
}

function contentOf(pem: string, kind: string): Uint8Array | undefined {
  try {
    const [block] = pemBlocks(pem);
    return block?.label === kind ? block.der : undefined;
  } catch (error) {
    if (error instanceof PemError) return undefined;
    throw error;
  }
}

function parsed(der: Uint8Array): Certificate | undefined {
  try {
    return parseCertificate(der);
  } catch (error) {
    if (error instanceof CertificateError) return undefined;
    throw error;
  }
}

function isSignedBy(certificate: Certificate, issuer: Certificate): boolean {
  try {
    return verifyCertificateSignature(certificate, issuer);
  } catch (error) {
    if (error instanceof KeyError) return false;
    throw error;
  }
}
