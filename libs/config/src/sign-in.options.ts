import { z } from 'zod';
import { option } from './option.js';

/** One OpenID Connect issuer that vouches for people. */
export interface IdentityProviderConfig {
  /** Names it in paths: `/v1/sign-in/<id>`. */
  readonly id: string;
  /** For people. */
  readonly name: string;
  /** The issuer's identifier, to the letter as it writes it into `iss`. */
  readonly issuer: string;
  readonly clientId: string;
  readonly clientSecret: string | undefined;
  /** What else may be in `aud`, for example of a command line that has a client of its own. */
  readonly audiences: readonly string[];
  /** Signature algorithms of its tokens. */
  readonly algorithms: readonly string[];
  readonly scope: string;
  /** Whether browsers can sign in with it; Firebase, for example, only vouches. */
  readonly signIn: boolean;
}

/** Asymmetric ones: with any other, whoever knows a public key or nothing at all could sign (RFC 8725 §3.1). */
const algorithms = [
  'RS256',
  'RS384',
  'RS512',
  'PS256',
  'PS384',
  'PS512',
  'ES256',
  'ES384',
  'ES512',
  'EdDSA',
] as const;

const provider = z
  .strictObject({
    id: z.string().regex(/^[a-z0-9](?:[a-z0-9-]{0,30}[a-z0-9])?$/),
    name: z.string().min(1).max(60).optional(),
    issuer: z.string().refine(isIssuer, 'must be an https URL, or http on this machine'),
    client_id: z.string().min(1).max(300),
    client_secret: z.string().min(1).optional(),
    audiences: z.array(z.string().min(1)).default([]),
    algorithms: z.array(z.enum(algorithms)).min(1).default(['RS256', 'ES256']),
    scope: z.string().min(1).default('openid email profile'),
    sign_in: z.boolean().default(true),
  })
  .transform(
    ({ client_id, client_secret, sign_in, name, ...rest }): IdentityProviderConfig => ({
      ...rest,
      name: name ?? rest.id,
      clientId: client_id,
      clientSecret: client_secret,
      signIn: sign_in,
    }),
  );

const providers = z
  .array(provider)
  .refine((all) => new Set(all.map(({ id }) => id)).size === all.length, 'names an id twice')
  .refine((all) => new Set(all.map(({ issuer }) => issuer)).size === all.length, 'names an issuer twice')
  // The path of the answer that every issuer sends browsers back to.
  .refine((all) => all.every(({ id }) => id !== 'callback'), 'must not use the id callback');

export const identityProviders = option(
  'OIDC_PROVIDERS',
  z
    .string()
    .default('[]')
    .transform((text, context): readonly IdentityProviderConfig[] => {
      const outcome = providers.safeParse(parsed(text));
      if (outcome.success) return outcome.data;
      const [issue] = outcome.error.issues;
      const where = issue?.path
        .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
        .join('');
      context.addIssue({
        code: 'custom',
        message: `must be a JSON array of identity providers (docs/sign-in.md): ${where ?? ''} ${issue?.message ?? ''}`,
      });
      return z.NEVER;
    }),
  {
    description:
      'OpenID Connect issuers that people may sign in with, as a JSON array: `[{"id":"google","issuer":"https://accounts.google.com","client_id":"…","client_secret":"…"}]`; see [sign-in.md](sign-in.md).',
    defaultText: 'none: nobody can sign in',
    secret: true,
  },
);

/** Providers as the variable writes them, for a process that starts another. */
export function identityProvidersText(all: readonly IdentityProviderConfig[]): string {
  return JSON.stringify(
    all.map(({ clientId, clientSecret, signIn, ...rest }) => ({
      ...rest,
      client_id: clientId,
      client_secret: clientSecret,
      sign_in: signIn,
    })),
  );
}

export const signInAllow = option(
  'SIGN_IN_ALLOW',
  z
    .string()
    .default('')
    .transform((text, context): readonly string[] => {
      const entries = text
        .split(/[\s,]+/)
        .filter((entry) => entry !== '')
        .map((entry) => entry.toLowerCase());
      const wrong = entries.some((entry) => !/^[^@\s]*@[^@\s]+$/.test(entry));
      if (!wrong) return entries;
      context.addIssue({ code: 'custom', message: 'must list e-mail addresses and @domains, with commas' });
      return z.NEVER;
    }),
  {
    description:
      'Who may sign in: e-mail addresses and whole domains, with commas, for example `ada@example.com,@example.org`.',
    defaultText: 'everyone for whom an identity provider vouches',
  },
);

export const localIssuer = option('LOCAL_ISSUER', z.enum(['auto', 'on', 'off']).default('auto'), {
  description:
    'A sign-in for development that believes whatever e-mail address is typed. `auto` has it where nothing else is configured and the product is reachable from this machine only; `on` refuses to start elsewhere.',
});

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** OpenID Connect Discovery 1.0 §3: https without query and fragment; plain http where it cannot leave this machine. */
function isIssuer(text: string): boolean {
  if (!URL.canParse(text) || /[?#]/.test(text)) return false;
  const { protocol, hostname } = new URL(text);
  return (
    protocol === 'https:' ||
    (protocol === 'http:' && /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname))
  );
}
