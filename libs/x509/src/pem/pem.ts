import { CsrError } from '../csr/csr-error.js';

/** Text that is no PEM (RFC 7468) of what was expected; the message says why. */
export class PemError extends Error {
  override readonly name = 'PemError';
}

export interface PemBlock {
  readonly label: string;
  readonly der: Buffer;
}

const lineLength = 64;
const csrLabels = new Set(['CERTIFICATE REQUEST', 'NEW CERTIFICATE REQUEST']);

/** RFC 7468 §3: lines of 64 characters, a newline at the end. */
export function pemEncode(label: string, der: Uint8Array): string {
  const base64 = asBuffer(der).toString('base64');
  let text = `-----BEGIN ${label}-----\n`;
  for (let at = 0; at < base64.length; at += lineLength) text += `${base64.substring(at, at + lineLength)}\n`;
  return `${text}-----END ${label}-----\n`;
}

/**
 * Every block of a text, in order. Text around the blocks and white space inside them are skipped.
 *
 * @throws PemError for a block without end, or with something other than base64 in it
 */
export function pemBlocks(text: string): PemBlock[] {
  const blocks: PemBlock[] = [];
  for (let at = text.indexOf('-----BEGIN '); at >= 0; at = text.indexOf('-----BEGIN ', at)) {
    const labelFrom = at + 11;
    const labelTo = text.indexOf('-----', labelFrom);
    const label = text.slice(labelFrom, labelTo < 0 ? labelFrom : labelTo);
    // A label is printable text without line breaks (RFC 7468 §3).
    if (!/^[A-Z0-9][A-Z0-9 .-]{0,63}$/.test(label)) throw new PemError('the PEM header is malformed');
    const bodyFrom = labelTo + 5;
    const footer = `-----END ${label}-----`;
    const bodyTo = text.indexOf(footer, bodyFrom);
    if (bodyTo < 0) throw new PemError(`the PEM block ${label} has no end`);
    blocks.push({ label, der: decodeBody(text.slice(bodyFrom, bodyTo), label) });
    at = bodyTo + footer.length;
  }
  return blocks;
}

/** The contents of all blocks, or of those with the given label. @throws PemError */
export function pemDecodeAll(text: string, label?: string): Buffer[] {
  return pemBlocks(text)
    .filter((block) => label === undefined || block.label === label)
    .map((block) => block.der);
}

/**
 * The one certification request in a text, under its label of RFC 7468 §7 or the older `NEW CERTIFICATE REQUEST`.
 *
 * @throws CsrError
 */
export function csrFromPem(text: string): Buffer {
  const blocks = csrBlocks(text);
  const [only, second] = blocks;
  if (only === undefined) throw new CsrError('there is no PEM block in it');
  if (second !== undefined)
    throw new CsrError(`there are ${blocks.length} PEM blocks in it; one is expected`);
  if (!csrLabels.has(only.label)) {
    throw new CsrError(`it is a PEM of type ${only.label}; CERTIFICATE REQUEST is expected`);
  }
  return only.der;
}

function csrBlocks(text: string): PemBlock[] {
  try {
    return pemBlocks(text);
  } catch (error) {
    if (error instanceof PemError) throw new CsrError(error.message, { cause: error });
    throw error;
  }
}

function decodeBody(body: string, label: string): Buffer {
  const base64 = body.replace(/[\t\n\v\f\r ]+/g, '');
  const der = Buffer.from(base64, 'base64');
  // Buffer.from skips what it does not know, and stops at the first padding: what it read must be all there was.
  if (der.length === 0 || der.toString('base64') !== base64) {
    throw new PemError(`the PEM block ${label} is not base64`);
  }
  return der;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
