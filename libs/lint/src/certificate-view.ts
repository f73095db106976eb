import { type CertificateExtension, parseTbsCertificate, type TbsCertificate } from '#libs/x509';

/** A to-be-signed certificate as the lints look at it: parsed once, its extensions by type. */
export class CertificateView {
  readonly fields: TbsCertificate;

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
}
