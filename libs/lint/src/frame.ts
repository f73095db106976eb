import {
  type CertificateExtension,
  DerError,
  type DerSlice,
  type KeyAlgorithmName,
  oid,
  type TbsCertificate,
  tag,
} from '#libs/x509';

/** The extensions whose values are each certificate's own. */
type OwnExtension = typeof oid.subjectAltName | typeof oid.subjectKeyIdentifier;

/** BasicConstraints (RFC 5280 §4.2.1.9). */
export interface BasicConstraints {
  readonly ca: boolean;
  readonly pathLength: number | undefined;
}

/**
 * What the certificates of one issuer and profile have in common: everything but serial, validity, the key itself,
 * and the values of subjectAltName and subjectKeyIdentifier, which cannot be reached from here.
 *
 * The getters throw DerError when an encoding cannot be read.
 */
export class Frame {
  private readonly fields: TbsCertificate;
  /** Undefined for a key that cannot be read. */
  readonly keyAlgorithm: KeyAlgorithmName | undefined;

  constructor(fields: TbsCertificate, keyAlgorithm: KeyAlgorithmName | undefined) {
    this.fields = fields;
    this.keyAlgorithm = keyAlgorithm;
  }

  /** 2 for v3. */
  get version(): number {
    return this.fields.version;
  }

  get hasUniqueId(): boolean {
    return this.fields.hasUniqueId;
  }

  /** AlgorithmIdentifier. */
  get signatureAlgorithm(): DerSlice {
    return this.fields.signatureAlgorithm;
  }

  /** Name. */
  get issuer(): DerSlice {
    return this.fields.issuer;
  }

  /** Name. */
  get subject(): DerSlice {
    return this.fields.subject;
  }

  /** The extensions in order, without their values. */
  get extensions(): readonly Pick<CertificateExtension, 'oid' | 'critical'>[] {
    return this.fields.extensions;
  }

  /** Whether the extension is critical; undefined where it is not there. */
  critical(type: string): boolean | undefined {
    return this.find(type)?.critical;
  }

  /** The value of an extension that is part of the frame. */
  value<T extends string>(type: T extends OwnExtension ? never : T): DerSlice | undefined {
    return this.find(type)?.value;
  }

  /** KeyUsage's bits with bit 0 the most significant of 16; undefined where there is none. */
  get keyUsage(): number | undefined {
    const value = this.value(oid.keyUsage);
    if (value === undefined) return undefined;
    const reader = value.reader();
    const bits = reader.namedBits('keyUsage');
    reader.end('keyUsage');
    return bits;
  }

  get basicConstraints(): BasicConstraints | undefined {
    const value = this.value(oid.basicConstraints);
    return value === undefined ? undefined : readBasicConstraints(value);
  }

  /** Whether everything that can be seen of the two is the same. */
  equals(other: Frame): boolean {
    const mine = this.fields;
    const theirs = other.fields;
    if (this.keyAlgorithm !== other.keyAlgorithm || this.keyAlgorithm === undefined) return false;
    if (mine.version !== theirs.version || mine.hasUniqueId !== theirs.hasUniqueId) return false;
    if (mine.extensions.length !== theirs.extensions.length) return false;
    for (let i = 0; i < mine.extensions.length; i++) {
      if (!sameExtension(mine.extensions[i], theirs.extensions[i])) return false;
    }
    return (
      mine.signatureAlgorithm.equals(theirs.signatureAlgorithm) &&
      mine.issuer.equals(theirs.issuer) &&
      mine.subject.equals(theirs.subject)
    );
  }

  private find(type: string): CertificateExtension | undefined {
    const { extensions } = this.fields;
    for (let i = 0; i < extensions.length; i++) if (extensions[i]?.oid === type) return extensions[i];
    return undefined;
  }
}

function sameExtension(a: CertificateExtension | undefined, b: CertificateExtension | undefined): boolean {
  if (a === undefined || b === undefined || a.oid !== b.oid || a.critical !== b.critical) return false;
  return a.oid === oid.subjectAltName || a.oid === oid.subjectKeyIdentifier || a.value.equals(b.value);
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
