import {
  type CertificateExtension,
  DerError,
  parseTbsCertificate,
  readSubjectPublicKeyInfo,
  type SubjectPublicKeyInfo,
  type TbsCertificate,
} from '#libs/x509';
import { Frame } from './frame.js';

/** A to-be-signed certificate as the lints look at it, parsed once. */
export class CertificateView {
  readonly fields: TbsCertificate;
  readonly frame: Frame;
  private readonly key: SubjectPublicKeyInfo | DerError;

  /** @throws DerError */
  constructor(readonly tbs: Uint8Array) {
    this.fields = parseTbsCertificate(tbs);
    this.key = keyOf(this.fields);
    this.frame = new Frame(this.fields, this.key instanceof DerError ? undefined : this.key.algorithm);
  }

  /** @throws DerError */
  get publicKey(): SubjectPublicKeyInfo {
    if (this.key instanceof DerError) throw this.key;
    return this.key;
  }

  /** The first extension of a type. */
  extension(type: string): CertificateExtension | undefined {
    const { extensions } = this.fields;
    for (let i = 0; i < extensions.length; i++) if (extensions[i]?.oid === type) return extensions[i];
    return undefined;
  }
}

function keyOf(fields: TbsCertificate): SubjectPublicKeyInfo | DerError {
  try {
    const reader = fields.spki.reader();
    const key = readSubjectPublicKeyInfo(reader);
    reader.end('the public key');
    return key;
  } catch (error) {
    if (error instanceof DerError) return error;
    throw error;
  }
}
