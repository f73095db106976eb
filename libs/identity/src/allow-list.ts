/** Who may sign in: addresses (`ada@example.com`) and whole domains (`@example.com`); an empty list admits everyone. */
export class AllowList {
  private readonly addresses: ReadonlySet<string>;
  private readonly domains: ReadonlySet<string>;

  /** @param entries in lower case */
  constructor(entries: readonly string[]) {
    this.addresses = new Set(entries.filter((entry) => !entry.startsWith('@')));
    this.domains = new Set(entries.filter((entry) => entry.startsWith('@')));
  }

  /** @param email verified, in lower case */
  admits(email: string): boolean {
    if (this.addresses.size + this.domains.size === 0) return true;
    // A quoted local part may hold an @ itself: the domain follows the last one.
    return this.addresses.has(email) || this.domains.has(email.slice(email.lastIndexOf('@')));
  }
}
