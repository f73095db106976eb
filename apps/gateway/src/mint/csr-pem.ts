import { CsrError, csrFromPem } from '#libs/x509';

/** RFC 7468 §7; the older label is openssl's -newhdr. */
const begin = /-----BEGIN (?:NEW )?CERTIFICATE REQUEST-----/g;
const none = new Uint8Array(0);

/** How many PEM requests begin in a text. */
export function countCsrs(text: string): number {
  return text.match(begin)?.length ?? 0;
}

export interface ReadCsrs {
  /** DER; empty where the text is not one PEM request, so that the issuer refuses it with all others. */
  readonly csrs: Uint8Array[];
  /** Why a text is not one PEM request, by its index. */
  readonly problems: ReadonlyMap<number, string>;
}

const noProblems: ReadonlyMap<number, string> = new Map();

/** Takes the DER out of texts that hold one PEM request each. */
export function readCsrs(texts: readonly string[]): ReadCsrs {
  let problems: Map<number, string> | undefined;
  const csrs = texts.map((text, index): Uint8Array => {
    try {
      return csrFromPem(text);
    } catch (error) {
      if (!(error instanceof CsrError)) throw error;
      problems ??= new Map();
      problems.set(index, error.message);
      return none;
    }
  });
  return { csrs, problems: problems ?? noProblems };
}
