import type { GeneralName } from '../csr/general-names.js';
import { parseIpAddress } from '../csr/ip-address.js';
import type { NameConstraints } from './name-constraints.js';

type Covers = (name: string, base: string) => boolean;

/** What is permitted and excluded for each kind of name, and when a subtree covers a name. */
const rules = {
  dns: { permitted: 'permittedDns', excluded: 'excludedDns', covers: dnsCovers },
  ip: { permitted: 'permittedIp', excluded: 'excludedIp', covers: ipCovers },
  email: { permitted: 'permittedEmail', excluded: 'excludedEmail', covers: emailCovers },
  uri: { permitted: 'permittedUri', excluded: 'excludedUri', covers: uriCovers },
} as const satisfies Record<
  GeneralName['type'],
  { permitted: keyof NameConstraints; excluded: keyof NameConstraints; covers: Covers }
>;

/**
 * Checks the names of a leaf against the constraints of its issuer (RFC 5280 §4.2.1.10, §6.1.3 b and c).
 *
 * @returns why the first name that fails does, or undefined when all pass
 */
export function checkNameConstraints(
  constraints: NameConstraints,
  names: readonly GeneralName[],
): string | undefined {
  for (const name of names) {
    const problem = problemOf(constraints, name);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function problemOf(constraints: NameConstraints, { type, value }: GeneralName): string | undefined {
  const rule = rules[type];
  const permitted = constraints[rule.permitted];
  const excluded = constraints[rule.excluded];
  if (permitted.length === 0 && excluded.length === 0) return undefined;
  if (type === 'uri' && hostOf(value) === undefined) {
    return `the URI "${value}" has no host name, but the CA's name constraints are about URIs`;
  }
  if (excluded.some((base) => rule.covers(value, base) || (type === 'dns' && wildcardCovers(value, base)))) {
    return `the name "${value}" is excluded by the CA's name constraints`;
  }
  if (permitted.length > 0 && !permitted.some((base) => rule.covers(value, base))) {
    return `the name "${value}" is not permitted by the CA's name constraints`;
  }
  return undefined;
}

/** A domain covers itself and every name below it. */
function dnsCovers(name: string, base: string): boolean {
  const lower = name.toLowerCase();
  const domain = base.toLowerCase();
  return domain === '' || lower === domain || lower.endsWith(domain.startsWith('.') ? domain : `.${domain}`);
}

/** `*.example.com` would be a certificate for an excluded `secret.example.com`, too. */
function wildcardCovers(name: string, base: string): boolean {
  return (
    name.startsWith('*.') && base.slice(base.indexOf('.') + 1).toLowerCase() === name.slice(2).toLowerCase()
  );
}

function ipCovers(name: string, base: string): boolean {
  const [network = '', bits = ''] = base.split('/');
  const address = parseIpAddress(name);
  const prefix = parseIpAddress(network);
  if (address === undefined || prefix === undefined || address.length !== prefix.length) return false;
  return address.every((octet, i) => {
    const mask = 0xff00 >> Math.min(8, Math.max(0, Number(bits) - i * 8));
    return ((octet ^ (prefix[i] ?? 0)) & mask & 0xff) === 0;
  });
}

/** The local part counts by case, the host does not (RFC 5280 §7.5). */
function emailCovers(name: string, base: string): boolean {
  const at = name.lastIndexOf('@');
  const baseAt = base.lastIndexOf('@');
  if (baseAt < 0) return hostCovers(name.slice(at + 1), base);
  return (
    name.slice(0, at) === base.slice(0, baseAt) &&
    name.slice(at).toLowerCase() === base.slice(baseAt).toLowerCase()
  );
}

function uriCovers(name: string, base: string): boolean {
  const host = hostOf(name);
  return host !== undefined && hostCovers(host, base);
}

/** A leading dot stands for one label or more; without one the host itself is meant. */
function hostCovers(host: string, base: string): boolean {
  const lower = host.toLowerCase();
  return base.startsWith('.') ? lower.endsWith(base.toLowerCase()) : lower === base.toLowerCase();
}

/** The host name of a URI; undefined when it has none, or an address in its place. */
function hostOf(uri: string): string | undefined {
  const host = /^[^:]+:\/\/(?:[^/?#@]*@)?([^/?#:@[\]]+)(?::\d*)?(?:[/?#]|$)/.exec(uri)?.[1];
  return host === undefined || /^\d+\.\d+\.\d+\.\d+$/.test(host) ? undefined : host;
}
