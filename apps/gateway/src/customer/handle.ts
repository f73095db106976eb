import { DomainError } from '#libs/errors';

const shape = /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/;

/**
 * Whether a customer could have this handle at all: a DNS label of at most 40 characters. What is none is
 * unknown without asking anybody; which handles may be taken is the provisioner's to say.
 */
export function isHandle(text: string): boolean {
  return shape.test(text) && !text.includes('--');
}

/** RFC 5280 appendix A.1, ub-common-name. */
const longestCommonName = 64;

/**
 * Leaves carry the Subject `CN=<handle>.leaf.<base domain>`, so the base domain bounds how long a handle may be.
 *
 * @throws DomainError bad_handle when no leaf could carry it
 */
export function checkLeafName(handle: string, baseDomain: string): void {
  const name = `${handle}.leaf.${baseDomain}`;
  if (name.length <= longestCommonName) return;
  const message = `The handle is too long for certificates: the name ${name} has ${name.length} characters, and a common name at most ${longestCommonName}.`;
  throw new DomainError('bad_handle', message);
}
