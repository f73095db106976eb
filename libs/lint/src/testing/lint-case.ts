import type { CertificateKind } from '../lint.js';
import type { TbsParts } from './tbs-builder.js';

/** A certificate at the edge of a clause: what is different in it, and what the lint says of it. */
export interface LintCase {
  readonly kind: CertificateKind;
  readonly what: string;
  readonly parts: TbsParts;
  /** Undefined for one that is just right. */
  readonly finding?: RegExp;
}
