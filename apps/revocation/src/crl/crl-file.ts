import type { AuthorityKind, KnownAuthority } from '../authority/known-authority.js';

/** One CRL of a CA. */
export interface CrlName {
  /** From 0. */
  readonly shard: number;
  readonly delta: boolean;
}

const pattern = /^(root|intermediate)(?:-g([1-9]\d{0,3}))?(?:\.(\d{1,4}))?(\.delta)?\.crl$/;

/**
 * How the URL of a CRL ends: `intermediate.crl`; `intermediate-g2.crl` of the second generation, `intermediate.17.crl`
 * of a shard, `intermediate.delta.crl` of a delta CRL.
 */
export function crlFile(
  authority: Pick<KnownAuthority, 'kind' | 'generation' | 'shards'>,
  name: CrlName,
): string {
  const generation = authority.generation === 1 ? '' : `-g${authority.generation}`;
  const shard = authority.shards === 1 ? '' : `.${name.shard}`;
  return `${authority.kind}${generation}${shard}${name.delta ? '.delta' : ''}.crl`;
}

/** The CA and the CRL that a file names, among those of a customer; undefined for any other file. */
export function findCrl(
  file: string,
  authorities: readonly KnownAuthority[],
): { authority: KnownAuthority; name: CrlName } | undefined {
  const parts = pattern.exec(file);
  if (!parts) return undefined;
  const kind = parts[1] as AuthorityKind;
  const generation = Number(parts[2] ?? 1);
  const name = { shard: Number(parts[3] ?? 0), delta: parts[4] !== undefined };
  const authority = authorities.find((each) => each.kind === kind && each.generation === generation);
  if (!authority || name.shard >= authority.shards || crlFile(authority, name) !== file) return undefined;
  return { authority, name };
}
