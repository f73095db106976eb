import { type StandaloneConfig, StartError } from '#libs/config';

/**
 * Whether the issuer for development shall run. It believes anybody, so it never runs where others can reach it.
 *
 * @throws StartError when it is asked for where it must not be
 */
export function wantsLocalIssuer(
  config: Pick<StandaloneConfig, 'localIssuer' | 'publicUrl' | 'host' | 'identityProviders'>,
): boolean {
  const reason = reachableFromOutside(config);
  switch (config.localIssuer) {
    case 'off':
      return false;
    case 'on':
      if (reason === undefined) return true;
      throw new StartError(
        `STACKRUNNER_LOCAL_ISSUER believes whatever e-mail address is typed, and ${reason}: set it to off, and STACKRUNNER_OIDC_PROVIDERS instead.`,
      );
    case 'auto':
      return reason === undefined && config.identityProviders.length === 0;
  }
}

function reachableFromOutside({
  publicUrl,
  host,
}: Pick<StandaloneConfig, 'publicUrl' | 'host'>): string | undefined {
  if (publicUrl !== undefined && !isThisMachine(new URL(publicUrl).hostname))
    return `STACKRUNNER_PUBLIC_URL (${publicUrl}) is public`;
  return isThisMachine(host) ? undefined : `STACKRUNNER_HOST (${host}) can be reached from other machines`;
}

function isThisMachine(host: string): boolean {
  return /^(localhost|127\.\d+\.\d+\.\d+|\[?::1\]?)$/.test(host);
}
