import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { events } from '../events.js';
import { natsUsers, type Role, topology } from './topology.js';

/** The sources of one application, without its tests. */
function sourcesOf(app: string): string[] {
  const folder = join('apps', app, 'src');
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !/\.spec\.ts$|testing\//.test(name))
    .map((name) => readFileSync(join(folder, name), 'utf8'));
}

function found(app: string, pattern: RegExp): string[] {
  const names = sourcesOf(app).flatMap((text) => [...text.matchAll(pattern)].map((match) => match[1] ?? ''));
  return [...new Set(names)].sort();
}

describe('the permissions of the services', () => {
  it.each(natsUsers)('let %s make the calls that it makes, serve, and publish its events', (user) => {
    const role: Role = topology[user];
    const names = (services: Role['calls']) => services.map((service) => service.name).sort();
    expect(names(role.calls)).toEqual(found(user, /\.client\((\w+Service)\)/g));
    expect(names(role.serves)).toEqual(found(user, /@RpcController\((\w+Service)\)/g));
    const published = found(user, /(?:add|publish)\([^()]*?\bevents\.(\w+)/g);
    const types = published.map((name) => events[name as keyof typeof events].type);
    expect(role.publishes).toEqual(expect.arrayContaining(types));
  });

  it('give each event one publisher', () => {
    const owners = Object.values(topology).flatMap((role) => role.publishes as readonly string[]);
    expect([...owners].sort()).toEqual(
      Object.values(events)
        .map((event) => event.type)
        .sort(),
    );
  });
});
