import type { IncomingMessage } from 'node:http';
import { isHandle } from '../customer/handle.js';

/**
 * Turns host-based routes into the same routes by path: `<handle>.pki.<base>/ca/root.pem` and
 * `pki.<base>/<handle>/ca/root.pem` are `/pki/<handle>/ca/root.pem`. The paths of `mint.<base>` are already
 * those of the plain origin.
 *
 * @param baseDomain in lower case
 * @returns fastify's `rewriteUrl`
 */
export function hostRoutes(
  baseDomain: string,
): (request: Pick<IncomingMessage, 'headers' | 'url'>) => string {
  const pki = `pki.${baseDomain}`;
  const belowPki = `.${pki}`;
  return ({ headers, url = '/' }) => {
    const host = hostName(headers.host);
    if (!host.endsWith(pki) || !url.startsWith('/')) return url;
    if (host === pki) return `/pki${url}`;
    const label = host.slice(0, -belowPki.length);
    return host.endsWith(belowPki) && isHandle(label) ? `/pki/${label}${url}` : url;
  };
}

/** Without its port and the root's trailing dot, in lower case. */
function hostName(host: string | undefined): string {
  return (host ?? '').replace(/:\d*$/, '').replace(/\.$/, '').toLowerCase();
}
