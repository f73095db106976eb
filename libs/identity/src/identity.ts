/** A person as an issuer vouches for it. `issuer` and `subject` together name it for ever; an e-mail may change. */
export interface Identity {
  /** The issuer's identifier, a URL. */
  readonly issuer: string;
  /** The issuer's own name of the person, the claim `sub`. */
  readonly subject: string;
  /** In lower case; the issuer has verified that it is the person's. */
  readonly email: string;
  readonly name?: string;
}
