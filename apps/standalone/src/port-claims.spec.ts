import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { StartError } from '#libs/config';
import { PortClaims } from './port-claims.js';

const host = '127.0.0.1';

describe('claimed ports', () => {
  it('are kept from others until they are released', async () => {
    const claims = new PortClaims();
    const port = await claims.claim(host, 0);
    await expect(new PortClaims().claim(host, port)).rejects.toThrow(StartError);
    await claims.release();
    const server = createServer().listen(port, host);
    await once(server, 'listening');
    await new Promise((resolve) => server.close(resolve));
  });

  it('are let go of although somebody connects to them all the while', async () => {
    const claims = new PortClaims();
    const port = await claims.claim(host, 0);
    const visitors = [1, 2, 3].map(() => connect(port, host).on('error', () => undefined));
    const closed = visitors.map((visitor) => new Promise((resolve) => visitor.once('close', resolve)));
    await closed[0];
    await claims.release();
    await Promise.all(closed);
  });

  it('give way to a free one where that is allowed', async () => {
    const claims = new PortClaims();
    const taken = await claims.claim(host, 0);
    await expect(claims.claimOrFree(host, taken)).resolves.not.toBe(taken);
    await claims.release();
  });
});
