import { spawnSync } from 'node:child_process';
import { userInfo } from 'node:os';
import { StartError } from '#libs/config';

/** Whom PostgreSQL runs as, where that is not us. */
export interface Identity {
  readonly uid: number;
  readonly gid: number;
}

const tools = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' };

/**
 * The user that PostgreSQL runs as: undefined means the one we are. PostgreSQL refuses to run as root, so
 * root gets `postgres` where the machine has it, else makes that system user, else takes `nobody`.
 */
export function unprivilegedUser(): Identity | undefined {
  if (userInfo().uid !== 0) return undefined;
  const identity = lookUp('postgres') ?? make('postgres') ?? lookUp('nobody');
  if (identity) return identity;
  throw new StartError(
    'PostgreSQL does not run as root, and there is no other user: run this as a plain user.',
  );
}

function lookUp(name: string): Identity | undefined {
  const uid = id('-u', name);
  const gid = id('-g', name);
  return uid !== undefined && gid !== undefined && uid !== 0 ? { uid, gid } : undefined;
}

function id(flag: '-u' | '-g', name: string): number | undefined {
  const { status, stdout } = spawnSync('id', [flag, name], { encoding: 'utf8', env: tools });
  return status === 0 ? Number(stdout) : undefined;
}

/** `useradd` of most distributions, then `adduser` of BusyBox. */
function make(name: string): Identity | undefined {
  const commands: [string, string[]][] = [
    ['useradd', ['--system', '--user-group', '--no-create-home', '--shell', '/usr/sbin/nologin', name]],
    ['adduser', ['-S', '-D', '-H', name]],
  ];
  for (const [command, args] of commands) {
    if (spawnSync(command, args, { env: tools, stdio: 'ignore' }).status === 0) return lookUp(name);
  }
  return undefined;
}
