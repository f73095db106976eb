import {
  type CertificateExtension,
  DerError,
  type DerSlice,
  oid,
  parseTbsCertificate,
  readSubjectPublicKeyInfo,
  type SubjectPublicKeyInfo,
  type TbsCertificate,
  tag,
} from '#libs/x509';

/** BasicConstraints (RFC 5280 §4.2.1.9). */
export interface BasicConstraints {
  readonly ca: boolean;
  readonly pathLength: number | undefined;
}

/**
 * A to-be-signed certificate as the lints look at it: parsed once. What several lints ask for is decoded when the
 * first of them does; each of these getters throws DerError when the encoding cannot be read.
 */
export class CertificateView {
  readonly fields: TbsCertificate;
  private decodedKey: SubjectPublicKeyInfo | undefined;
  private decodedConstraints: BasicConstraints | undefined;
  private decodedUsage: number | undefined;

  /** @throws DerError */
  constructor(readonly tbs: Uint8Array) {
    this.fields = parseTbsCertificate(tbs);
  }

  /** The first extension of a type. */
  extension(type: string): CertificateExtension | undefined {
    const { extensions } = this.fields;
    for (const extension of extensions) if (extension.oid === type) return extension;
    return undefined;
  }

  get publicKey(): SubjectPublicKeyInfo {
    this.decodedKey ??= readSubjectPublicKeyInfo(this.fields.spki.reader());
    return this.decodedKey;
  }

  /** KeyUsage's bits with bit 0 the most significant of 16; undefined where there is none. */
  get keyUsage(): number | undefined {
    const extension = this.extension(oid.keyUsage);
    if (extension === undefined) return undefined;
    if (this.decodedUsage === undefined) {
      const reader = extension.value.reader();
      this.decodedUsage = reader.namedBits('keyUsage');
      reader.end('keyUsage');
    }
    return this.decodedUsage;
  }

  get basicConstraints(): BasicConstraints | undefined {
    const extension = this.extension(oid.basicConstraints);
    if (extension === undefined) return undefined;
    this.decodedConstraints ??= readBasicConstraints(extension.value);
    return this.decodedConstraints;
  }
}

function readBasicConstraints(value: DerSlice): BasicConstraints {
  const what = 'basicConstraints';
  const reader = value.reader();
  const outer = reader.enter(tag.sequence, what);
  const written = reader.peek() === tag.boolean;
  const ca = written && reader.boolean(what);
  if (written && !ca) throw new DerError('basicConstraints has cA FALSE written out, which DER forbids');
  const pathLength = reader.more ? reader.smallInteger('pathLenConstraint') : undefined;
  reader.leave(outer, what);
  reader.end(what);
  return { ca, pathLength };
}
