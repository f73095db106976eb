import { BlockList, isIP } from 'node:net';
import { DomainError } from '#libs/errors';

/** @throws DomainError bad_request that names the first that is no network in CIDR notation */
export function checkNetworks(networks: readonly string[]): readonly string[] {
  const wrong = networks.findIndex((network) => parse(network) === undefined);
  if (wrong < 0) return networks;
  const field = `source_networks[${wrong}]`;
  throw new DomainError('bad_request', `${field} must be a network in CIDR notation such as 192.0.2.0/24.`, {
    details: { field },
  });
}

/** Networks as a set that is asked for every request. */
const compiled = new WeakMap<readonly string[], BlockList>();

/** Whether an address lies in one of the networks; in none at all, any does. */
export function comesFrom(networks: readonly string[], address: string): boolean {
  if (networks.length === 0) return true;
  let list = compiled.get(networks);
  if (list === undefined) {
    list = new BlockList();
    for (const network of networks) {
      const read = parse(network);
      if (read !== undefined) list.addSubnet(read.address, read.prefix, read.family);
    }
    compiled.set(networks, list);
  }
  // A socket that serves both families names IPv4 clients so (RFC 4291 §2.5.5.2).
  const plain =
    address.toLowerCase().startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address;
  const family = isIP(plain);
  return family !== 0 && list.check(plain, family === 4 ? 'ipv4' : 'ipv6');
}

function parse(network: string): { address: string; prefix: number; family: 'ipv4' | 'ipv6' } | undefined {
  const [, address = '', digits = ''] = /^([0-9a-fA-F.:]+)\/(\d{1,3})$/.exec(network) ?? [];
  const version = isIP(address);
  const prefix = Number(digits);
  if (version === 0 || prefix > (version === 4 ? 32 : 128)) return undefined;
  return { address, prefix, family: version === 4 ? 'ipv4' : 'ipv6' };
}
