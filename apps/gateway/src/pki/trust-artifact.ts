import type { Authority } from '#libs/contracts';
import { DomainError } from '#libs/errors';
import { pemEncode, sha256Hex } from '#libs/x509';

/** A public file about a customer's CA, as it is answered. */
export interface TrustArtifact {
  readonly contentType: string;
  /** A strong validator (RFC 9110 §8.8.3), with its quotes. */
  readonly etag: string;
  readonly body: Buffer;
}

export const artifactNames = [
  'root.pem',
  'intermediate.pem',
  'chain.pem',
  'root.der',
  'intermediate.der',
] as const;
export type ArtifactName = (typeof artifactNames)[number];

/** What the files of one generation are named, for example `intermediate-g2.der`. */
const ofGeneration = /^(intermediate|chain)-g([1-9]\d{0,5})\.(pem|der)$/;

/** The file that a path ends with; generation 0 is the newest. @throws DomainError bad_path */
export function readArtifactFile(file: string): { name: ArtifactName; generation: number } {
  const [, stem = '', digits = '0', ending = ''] = ofGeneration.exec(file) ?? [];
  const wanted = stem === '' ? file : `${stem}.${ending}`;
  const name = artifactNames.find((each) => each === wanted);
  if (name === undefined) throw new DomainError('bad_path', 'There is nothing at this path.');
  return { name, generation: Number(digits) };
}

/** RFC 8555 §9.1 and RFC 5280 §4.2.2.1 (RFC 2585 §4.1). */
export const pemContentType = 'application/pem-certificate-chain';
export const derContentType = 'application/pkix-cert';

/** Every file that an authority gives; the chain is the intermediate, then the root. */
export function artifactsOf({
  rootDer,
  intermediateDer,
}: Authority): Readonly<Record<ArtifactName, TrustArtifact>> {
  const root = pemEncode('CERTIFICATE', rootDer);
  const intermediate = pemEncode('CERTIFICATE', intermediateDer);
  return {
    'root.pem': artifact(pemContentType, Buffer.from(root)),
    'intermediate.pem': artifact(pemContentType, Buffer.from(intermediate)),
    'chain.pem': artifact(pemContentType, Buffer.from(intermediate + root)),
    'root.der': artifact(derContentType, Buffer.from(rootDer)),
    'intermediate.der': artifact(derContentType, Buffer.from(intermediateDer)),
  };
}

function artifact(contentType: string, body: Buffer): TrustArtifact {
  return { contentType, body, etag: `"${sha256Hex(body).slice(0, 32)}"` };
}
