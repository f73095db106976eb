import { readFile, stat } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { messageOf, usageError } from '../cli-failure.js';

/** The most requests that one batch takes (specification 1, "Limits"). */
const MOST_CSRS = 100;
/** A request with the largest key and a hundred names has some 10 kB. */
const MOST_BYTES = 262_144;

export interface CsrFile {
  /** As the user named it; `-` is standard input. */
  readonly source: string;
  /** The file's name without folder and extension, for what is written from it. */
  readonly name: string;
  /** The one PKCS#10 request, as PEM (RFC 7468 §7). */
  readonly pem: string;
}

/**
 * Reads the requests in the order given.
 *
 * Of a PEM file only the request is taken: a key that stands beside it never leaves the machine.
 */
export async function readCsrFiles(
  sources: readonly string[],
  stdin: AsyncIterable<Uint8Array | string>,
): Promise<CsrFile[]> {
  if (sources.length > MOST_CSRS) {
    throw usageError(
      `${sources.length} requests are more than one batch takes (${MOST_CSRS})`,
      'Mint them in several batches.',
    );
  }
  if (sources.filter((source) => source === '-').length > 1) {
    throw usageError('standard input (-) can be given once');
  }
  return Promise.all(
    sources.map(async (source) => ({
      source,
      name: source === '-' ? 'stdin' : basename(source, extname(source)),
      pem: requestIn(source === '-' ? await readAll(stdin) : await readOne(source), source),
    })),
  );
}

function requestIn(bytes: Buffer, source: string): string {
  // DER: a SEQUENCE with a length of more than one octet, as every request has.
  if (bytes[0] === 0x30 && (bytes[1] ?? 0) > 0x80) return pemOf(bytes);

  const text = bytes.toString('latin1');
  const requests = text.match(PEM_REQUEST) ?? [];
  const [request] = requests;
  if (requests.length > 1) {
    throw usageError(`${source} holds ${requests.length} requests`, 'Give one request a file.');
  }
  if (request !== undefined) return `${request}\n`;
  if (/-----BEGIN [A-Z ]*PRIVATE KEY-----/.test(text)) {
    throw usageError(
      `${source} holds a private key and no request; nothing was sent`,
      `Make the request with: openssl req -new -key ${source} -subj /CN=NAME -out leaf.csr`,
    );
  }
  throw usageError(`${source} holds no certificate request (PEM or DER)`);
}

const PEM_REQUEST =
  /-----BEGIN (?:NEW )?CERTIFICATE REQUEST-----[\s\S]*?-----END (?:NEW )?CERTIFICATE REQUEST-----/g;

function pemOf(der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE REQUEST-----\n${lines.join('\n')}\n-----END CERTIFICATE REQUEST-----\n`;
}

async function readOne(file: string): Promise<Buffer> {
  try {
    const { size } = await stat(file);
    if (size > MOST_BYTES) throw new Error(`it has ${size} bytes, more than any request`);
    return await readFile(file);
  } catch (cause) {
    throw usageError(`cannot read ${file}: ${messageOf(cause)}`);
  }
}

async function readAll(stdin: AsyncIterable<Uint8Array | string>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stdin) {
    chunks.push(Buffer.from(chunk));
    size += chunk.length;
    if (size > MOST_BYTES) throw usageError('standard input is longer than any request');
  }
  return Buffer.concat(chunks);
}
