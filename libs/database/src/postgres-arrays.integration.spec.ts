import { randomBytes, randomUUID } from 'node:crypto';
import pg from 'pg';
import { type TestDatabase, testDatabase } from '#libs/testing';
import {
  byteaArray,
  int4Array,
  textArray,
  timestamptzArray,
  uuidArray,
  uuidBytes,
} from './postgres-arrays.js';

let database: TestDatabase;
let client: pg.Client;
beforeAll(async () => {
  database = await testDatabase();
  client = new pg.Client({ connectionString: database.ownerUrl });
  await client.connect();
});
afterAll(async () => {
  await client?.end();
  await database?.drop();
});

async function read(type: string, parameter: Buffer, column = 'value'): Promise<unknown[]> {
  const { rows } = await client.query<{ value: unknown }>(
    `SELECT ${column} AS value FROM unnest($1::${type}[]) WITH ORDINALITY AS t(value, n) ORDER BY n`,
    [parameter],
  );
  return rows.map((row) => row.value);
}

describe('binary arrays, as PostgreSQL reads them', () => {
  it('carry octets, and NULL for what is absent', async () => {
    const values = [randomBytes(16), Buffer.alloc(0), undefined, randomBytes(1_000)];
    expect(await read('bytea', byteaArray(values))).toEqual(values.map((value) => value ?? null));
  });

  it('carry text', async () => {
    const values = ['sign-leaf', '', undefined, 'ü'];
    expect(await read('text', textArray(values))).toEqual(values.map((value) => value ?? null));
  });

  it('carry UUIDs', async () => {
    const uuids = [randomUUID(), randomUUID()];
    expect(await read('uuid', uuidArray(uuids.map(uuidBytes)))).toEqual(uuids);
  });

  it('carry whole numbers', async () => {
    expect(await read('int4', int4Array([0, -1, 2_147_483_647]))).toEqual([0, -1, 2_147_483_647]);
  });

  it('carry times of any age, to the second', async () => {
    const seconds = [-1, 0, 946_684_799, 946_684_800, 1_768_478_400, 2 ** 31, 4_102_444_800];
    const read64 = await read('timestamptz', timestamptzArray(seconds), 'extract(epoch FROM value)::bigint');
    expect(read64.map(Number)).toEqual(seconds);
  });

  it('may be empty', async () => {
    expect(await read('uuid', uuidArray([]))).toEqual([]);
  });
});
