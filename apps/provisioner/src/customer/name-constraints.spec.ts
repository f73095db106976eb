import { create } from '@bufbuild/protobuf';
import { NameConstraintsSchema } from '#libs/contracts';
import { noNameConstraints } from '#libs/x509';
import { readNameConstraints } from './name-constraints.js';

type Lists = Partial<Record<keyof typeof noNameConstraints, string[]>>;

const read = (lists: Lists) => readNameConstraints(create(NameConstraintsSchema, lists));

describe('name constraints', () => {
  it('are nothing when every list is empty, or when they are not given', () => {
    expect(readNameConstraints(undefined)).toBeNull();
    expect(read({})).toBeNull();
  });

  it('keep what they may be, with host names in lower case', () => {
    const lists = {
      permittedDns: ['Example.COM', 'a.b'],
      permittedIp: ['10.0.0.0/8', '192.0.2.1/32', '2001:db8::/32', '::/0'],
      excludedEmail: ['Bob@Example.com', 'example.com', '.example.com'],
      excludedUri: ['Example.com', '.example.com'],
    };
    expect(read(lists)).toEqual({
      ...noNameConstraints,
      permittedDns: ['example.com', 'a.b'],
      permittedIp: lists.permittedIp,
      excludedEmail: ['Bob@example.com', 'example.com', '.example.com'],
      excludedUri: ['example.com', '.example.com'],
    });
  });

  it.each<[keyof Lists, string]>([
    ['permittedDns', ''],
    ['permittedDns', '.example.com'],
    ['permittedDns', '*.example.com'],
    ['permittedDns', 'exa mple.com'],
    ['permittedDns', 'ex\u0161mple.com'],
    ['excludedDns', `${'a'.repeat(64)}.com`],
    ['permittedIp', '10.0.0.0'],
    ['permittedIp', '10.0.0.1/8'],
    ['permittedIp', '10.0.0.0/33'],
    ['permittedIp', '2001:db8::1/64'],
    ['excludedIp', 'fe80::%1/64'],
    ['permittedEmail', '@example.com'],
    ['permittedEmail', 'a b@example.com'],
    ['permittedUri', 'https://example.com/'],
  ])('refuse %s %j, and say where', (list, entry) => {
    const field = list.replace(/[A-Z]/, (letter) => `_${letter.toLowerCase()}`);
    const usable = list.endsWith('Ip') ? '10.0.0.0/8' : 'a.example';
    expect(() => read({ [list]: [usable, entry] })).toThrow(
      expect.objectContaining({
        code: 'bad_request',
        message: expect.stringContaining(`name_constraints.${field}[1]: `),
      }),
    );
  });

  it('are at most 64 entries', () => {
    const many = (count: number) => Array.from({ length: count }, (_, index) => `h${index}.example`);
    expect(read({ permittedDns: many(32), excludedDns: many(32) })).not.toBeNull();
    expect(() => read({ permittedDns: many(33), excludedDns: many(32) })).toThrow(
      expect.objectContaining({ code: 'bad_request', message: expect.stringContaining('not 65') }),
    );
  });
});
