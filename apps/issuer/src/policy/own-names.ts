import { type CertificationRequest, commonNames } from '#libs/x509';

/**
 * Why a request asks for a name that is not the customer's own; undefined when all are. On a shared intermediate
 * a name must be `own`, or a DNS name below it: common names and subject alternative names alike.
 *
 * A common name under `.example` is no name of anybody (RFC 2606 §2), and the leaf does not carry it: requests
 * made by the documents' own command lines, `CN=<handle>.leaf.example`, are taken.
 *
 * @param own `<handle>.leaf.<base domain>` in lower case
 */
export function foreignName(csr: CertificationRequest, own: string): string | undefined {
  const placeholder = `${own.split('.', 1)[0]}.leaf.example`;
  for (const name of commonNames(csr)) {
    const lower = name.toLowerCase();
    if (!isUnder(lower, own) && lower !== placeholder) return foreign(name, own);
  }
  for (const { type, value } of csr.subjectAltNames) {
    if (type !== 'dns' || !isUnder(value.toLowerCase(), own)) return foreign(value, own);
  }
  return undefined;
}

function isUnder(name: string, own: string): boolean {
  return name === own || name.endsWith(`.${own}`);
}

function foreign(name: string, own: string): string {
  return `the name "${name}" is not under ${own}`;
}
