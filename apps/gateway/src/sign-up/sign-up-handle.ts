import { DomainError } from '#libs/errors';

const shape = /^[a-z0-9](?:[a-z0-9-]{1,30}[a-z0-9])$/;
/** In `/<ttl>/<handle>/mint` the first segment is a duration, so a handle never reads like one. */
const duration = /^(?:\d+(?:ns|us|ms|s|m|h|d))+$/;

/**
 * Names that would mislead: paths and hosts of the product, and mailboxes that stand for a domain's owner
 * (RFC 2142). Nobody signs up with one, nor with what looks like one.
 */
export const reservedHandles: readonly string[] = [
  ...['abuse', 'account', 'acme', 'admin', 'administrator', 'api', 'app', 'assets', 'auth', 'billing', 'ca'],
  ...[
    'callback',
    'cert',
    'certs',
    'cli',
    'console',
    'crl',
    'customer',
    'customers',
    'dashboard',
    'demo',
    'dev',
  ],
  ...[
    'device',
    'docs',
    'est',
    'example',
    'free',
    'gateway',
    'health',
    'help',
    'hostmaster',
    'info',
    'internal',
  ],
  ...[
    'intermediate',
    'issuer',
    'leaf',
    'localhost',
    'login',
    'mail',
    'metrics',
    'mint',
    'noreply',
    'null',
    'ocsp',
  ],
  ...[
    'official',
    'openapi',
    'operator',
    'owner',
    'paid',
    'pki',
    'postmaster',
    'provisioner',
    'public',
    'ready',
  ],
  ...[
    'revocation',
    'root',
    'scep',
    'security',
    'shared',
    'sign-in',
    'sign-out',
    'sign-up',
    'signin',
    'signup',
  ],
  ...['ssl', 'ssladmin', 'sslwebmaster', 'stackrunner', 'static', 'status', 'support', 'system', 'sysadmin'],
  ...['teller', 'test', 'tls', 'trust', 'undefined', 'user', 'users', 'v1', 'v2', 'webmaster', 'www'],
];

/** @throws DomainError bad_handle that says which rule is broken */
export function checkSignUpHandle(handle: string): void {
  if (!shape.test(handle) || handle.includes('--')) {
    throw new DomainError(
      'bad_handle',
      'A handle has 3 to 32 of a-z, 0-9 and -, neither starts nor ends with -, and has no two in a row.',
    );
  }
  if (duration.test(handle))
    throw new DomainError('bad_handle', `The handle ${handle} reads like a duration.`);
}
