import {
  type Bytes,
  bmpString,
  concat,
  context,
  implicit,
  integer,
  nothing,
  octetString,
  oid,
  sequence,
  set,
  utf16,
} from './der.js';

const oids = {
  data: '1.2.840.113549.1.7.1',
  encryptedData: '1.2.840.113549.1.7.6',
  shroudedKeyBag: '1.2.840.113549.1.12.10.1.2',
  certBag: '1.2.840.113549.1.12.10.1.3',
  x509Certificate: '1.2.840.113549.1.9.22.1',
  friendlyName: '1.2.840.113549.1.9.20',
  localKeyId: '1.2.840.113549.1.9.21',
  pbes2: '1.2.840.113549.1.5.13',
  pbkdf2: '1.2.840.113549.1.5.12',
  hmacWithSha256: '1.2.840.113549.2.9',
  aes256Cbc: '2.16.840.1.101.3.4.1.42',
  sha256: '2.16.840.1.101.3.4.2.1',
} as const;

/** What a guess of the password costs (PBKDF2, RFC 8018 §4.2). */
const iterations = 100_000;
/** The older derivation of the integrity key is slow to compute in a browser; this is what OpenSSL writes. */
const macIterations = 2_048;

export interface Pkcs12Content {
  /** PKCS#8. */
  readonly privateKey: Bytes;
  /** The key's own certificate first, then its chain; DER. */
  readonly certificates: readonly Bytes[];
  /** How key stores name the entry. */
  readonly friendlyName: string;
  /** Printable ASCII: importers do not agree on how other characters are encoded. */
  readonly password: string;
}

/**
 * A PKCS#12 file (RFC 7292) with one key and its chain, both encrypted with AES-256 under PBES2, and HMAC-SHA-256
 * over all of it.
 */
export async function pkcs12({
  privateKey,
  certificates,
  friendlyName,
  password,
}: Pkcs12Content): Promise<Bytes> {
  const [leaf] = certificates;
  if (leaf === undefined) throw new TypeError('a PKCS#12 file without a certificate');
  const keyId = new Uint8Array(await crypto.subtle.digest('SHA-1', leaf));
  const names = set(
    sequence(oid(oids.friendlyName), set(bmpString(friendlyName))),
    sequence(oid(oids.localKeyId), set(octetString(keyId))),
  );
  const certBags = certificates.map((certificate, at) =>
    bag(
      oids.certBag,
      sequence(oid(oids.x509Certificate), context(0, octetString(certificate))),
      at === 0 ? names : undefined,
    ),
  );
  const shrouded = await encrypt(privateKey, password);
  const keyBag = bag(oids.shroudedKeyBag, sequence(shrouded.algorithm, octetString(shrouded.content)), names);
  const safe = sequence(
    await encryptedContent(sequence(...certBags), password),
    dataContent(sequence(keyBag)),
  );
  return sequence(integer(3), dataContent(safe), await macData(safe, password));
}

function bag(type: string, value: Bytes, attributes: Bytes | undefined): Bytes {
  return sequence(oid(type), context(0, value), ...(attributes ? [attributes] : []));
}

function dataContent(content: Bytes): Bytes {
  return sequence(oid(oids.data), context(0, octetString(content)));
}

async function encryptedContent(content: Bytes, password: string): Promise<Bytes> {
  const { algorithm, content: encrypted } = await encrypt(content, password);
  const info = sequence(oid(oids.data), algorithm, implicit(0, encrypted));
  return sequence(oid(oids.encryptedData), context(0, sequence(integer(0), info)));
}

/** PBES2 (RFC 8018 §6.2) with a salt and an initialisation vector of its own. */
async function encrypt(content: Bytes, password: string): Promise<{ algorithm: Bytes; content: Bytes }> {
  const { subtle } = crypto;
  const salt = crypto.getRandomValues(new Uint8Array(16));
  const iv = crypto.getRandomValues(new Uint8Array(16));
  const secret = await subtle.importKey('raw', new TextEncoder().encode(password), 'PBKDF2', false, [
    'deriveKey',
  ]);
  const key = await subtle.deriveKey(
    { name: 'PBKDF2', hash: 'SHA-256', salt, iterations },
    secret,
    { name: 'AES-CBC', length: 256 },
    false,
    ['encrypt'],
  );
  const derivation = sequence(
    oid(oids.pbkdf2),
    sequence(
      octetString(salt),
      integer(iterations),
      integer(32),
      sequence(oid(oids.hmacWithSha256), nothing()),
    ),
  );
  const cipher = sequence(oid(oids.aes256Cbc), octetString(iv));
  return {
    algorithm: sequence(oid(oids.pbes2), sequence(derivation, cipher)),
    content: new Uint8Array(await subtle.encrypt({ name: 'AES-CBC', iv }, key, content)),
  };
}

/** RFC 7292 §4: integrity by the password. */
async function macData(safe: Bytes, password: string): Promise<Bytes> {
  const { subtle } = crypto;
  const salt = crypto.getRandomValues(new Uint8Array(16));
  const raw = await macKey(password, salt, macIterations);
  const key = await subtle.importKey('raw', raw, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  const mac = new Uint8Array(await subtle.sign('HMAC', key, safe));
  const digest = sequence(sequence(oid(oids.sha256), nothing()), octetString(mac));
  return sequence(digest, octetString(salt), integer(macIterations));
}

/** RFC 7292 appendix B.2 with SHA-256 and id 3; one block of output is the whole key, so no block is mixed again. */
async function macKey(password: string, salt: Bytes, rounds: number): Promise<Bytes> {
  const blockLength = 64;
  const diversifier = new Uint8Array(blockLength).fill(3);
  const secret = concat([utf16(password), Uint8Array.of(0, 0)]);
  let block = concat([diversifier, filled(salt, blockLength), filled(secret, blockLength)]);
  for (let round = 0; round < rounds; round++) {
    block = new Uint8Array(await crypto.subtle.digest('SHA-256', block));
  }
  return block;
}

/** Repeated until it fills whole blocks. */
function filled(bytes: Bytes, blockLength: number): Bytes {
  const length = blockLength * Math.ceil(bytes.length / blockLength);
  return Uint8Array.from({ length }, (_, at) => bytes[at % bytes.length] ?? 0);
}
