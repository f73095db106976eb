import { LeafProfile } from '#libs/contracts';
import { DomainError } from '#libs/errors';
import type { LeafNames, NameConstraints } from '#libs/x509';
import type { SigningAuthority } from './signing-authority.js';

/** Credentials with constraints of their own, of one customer, that are kept ready. */
const mostVariants = 200;

interface Profile {
  readonly names: LeafNames;
  readonly ownNamesOnly: boolean;
}

const profiles: Readonly<Record<LeafProfile, Profile>> = {
  [LeafProfile.UNSPECIFIED]: { names: 'requested', ownNamesOnly: false },
  [LeafProfile.SIGN_LEAF]: { names: 'own', ownNamesOnly: false },
  [LeafProfile.CROSS_SIGN]: { names: 'verbatim', ownNamesOnly: false },
  [LeafProfile.FREE]: { names: 'requested', ownNamesOnly: true },
  [LeafProfile.BIRTH]: { names: 'own', ownNamesOnly: false },
};

/**
 * One intermediate as it signs by other profiles than a mint's, and under a credential's own name constraints.
 * The same wish gives the same object: templates and policies are made once for each.
 */
export class SigningVariants {
  private readonly known = new Map<string, SigningAuthority>();

  constructor(private readonly mint: SigningAuthority) {}

  /** @throws bad_request for a profile that this version does not know */
  of(profile: LeafProfile, nameConstraints: NameConstraints | undefined): SigningAuthority {
    if (profile === LeafProfile.UNSPECIFIED && nameConstraints === undefined) return this.mint;
    const key = `${profile} ${nameConstraints === undefined ? '' : JSON.stringify(nameConstraints)}`;
    const known = this.known.get(key);
    if (known !== undefined) return known;
    if (!Object.hasOwn(profiles, profile))
      throw new DomainError('bad_request', `There is no profile ${profile}.`);
    const variant: SigningAuthority = { ...this.mint, ...profiles[profile], nameConstraints };
    if (this.known.size >= mostVariants) this.known.clear();
    this.known.set(key, variant);
    return variant;
  }
}
