import { spawnSync } from 'node:child_process';
import { requireTool } from '#libs/testing';

/** Whether promtool is there to be asked. */
export const hasPromtool = requireTool('promtool', 'npm test takes it out of the Debian package prometheus');

/** What `promtool check metrics` has to say of an exposition: nothing where it is clean. */
export function promtoolFindings(exposition: string): string {
  const { status, stdout, stderr, error } = spawnSync('promtool', ['check', 'metrics'], {
    input: exposition,
    encoding: 'utf8',
  });
  if (error) throw error;
  return status === 0 ? stdout + stderr : `exit code ${status}\n${stdout}${stderr}`;
}
