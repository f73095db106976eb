import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { sha256Hex } from '#libs/x509';
import { AdminDouble } from '../testing/admin-double.js';
import { runCli } from '../testing/run-cli.js';
import type { TranscriptFile } from './transcript.js';
import { verifyTranscript } from './verify-transcript.js';

interface Done {
  readonly step: string;
  readonly facts?: Record<string, string>;
  readonly kind?: string;
}

const customer = '3c5b9b6e-0d53-4f8b-9a5e-2f6f3f0a7b11';

/** A transcript of these steps, chained as the database chains. */
function transcriptOf(done: readonly Done[]): TranscriptFile {
  let previous = '0'.repeat(64);
  const entries = done.map(({ step, facts = {}, kind = 'rotation' }, index) => {
    const entry = JSON.stringify({
      ...{ sequence: index + 1, previous, customer, handle: 'acme', ceremony: kind, kind, generation: 2 },
      ...{ requested_by: '<operator>', requested_at: '2026-01-01T00:00:00.000Z' },
      ...{ step, done_at: '2026-01-01T00:00:01.000Z', facts },
    });
    previous = sha256Hex(Buffer.from(entry));
    return { entry, sha256: previous };
  });
  return { format: 'stackrunner-transcript-1', customer, handle: 'acme', entries, artifacts: [] };
}

const whole = transcriptOf([
  { step: 'intermediate_certificate' },
  { step: 'disable_root_key', facts: { state: 'disabled' } },
  { step: 'activate' },
]);
const pem = '-----BEGIN CERTIFICATE REQUEST-----\nAQID\n-----END CERTIFICATE REQUEST-----\n';
const requestDigest = sha256Hex(Buffer.from([1, 2, 3]));

describe('a transcript', () => {
  it('is whole when every entry follows the one before', () => {
    const { problems, head, entries } = verifyTranscript(whole);
    expect(problems).toEqual([]);
    expect(head).toBe(whole.entries.at(-1)?.sha256);
    expect(entries.map(({ step }) => step)).toEqual([
      'intermediate_certificate',
      'disable_root_key',
      'activate',
    ]);
  });

  const [first, second, third] = whole.entries;
  if (!first || !second || !third) throw new Error('three entries');
  const changed = { ...second, entry: second.entry.replace('disabled', 'enabled') };
  const rehashed = { ...changed, sha256: sha256Hex(Buffer.from(changed.entry)) };
  const withRequest = transcriptOf([
    { step: 'certification_request', facts: { request_sha256: requestDigest } },
  ]);
  const request = { name: 'intermediate-2-request', kind: 'CERTIFICATE REQUEST', pem };

  it.each<[string, TranscriptFile, string]>([
    ['a changed entry', { ...whole, entries: [first, changed, third] }, 'does not have the hash'],
    [
      'a changed entry with its own hash',
      { ...whole, entries: [first, rehashed, third] },
      'entry 3 does not follow',
    ],
    ['an entry left out', { ...whole, entries: [first, third] }, 'entry 2 does not follow'],
    ['entries in another order', { ...whole, entries: [second, first, third] }, 'entry 1 has the number 2'],
    ['another customer', { ...whole, handle: 'other' }, 'about another customer'],
    ['no entries', { ...whole, entries: [] }, 'there are no entries'],
    [
      'an entry that is none',
      { ...whole, entries: [{ entry: '{}', sha256: sha256Hex(Buffer.from('{}')) }] },
      'cannot be read',
    ],
    ['a missing artefact', withRequest, 'is not in the file'],
    ['an artefact of nobody', { ...whole, artifacts: [request] }, 'no entry names'],
    [
      'a root that was left enabled',
      transcriptOf([{ step: 'intermediate_certificate' }, { step: 'activate' }]),
      "did not disable the root's key",
    ],
    [
      'two signatures of the root',
      transcriptOf([{ step: 'intermediate_certificate' }, { step: 'intermediate_certificate' }]),
      'signed more than once',
    ],
  ])('is broken by %s', (_what, file, problem) => {
    expect(verifyTranscript(file).problems.join('; ')).toContain(problem);
  });

  it('is whole with the artefacts that it names', () => {
    expect(verifyTranscript({ ...withRequest, artifacts: [request] }).problems).toEqual([]);
  });

  it('that was cut off is found by the head that was kept elsewhere', () => {
    const cut = { ...whole, entries: [first, second] };
    expect(verifyTranscript(cut, third.sha256).problems).toEqual([`the last entry is not ${third.sha256}`]);
  });
});

describe('the ceremony commands', () => {
  let server: AdminDouble;
  let folder: string;

  beforeAll(async () => {
    server = await AdminDouble.start();
    folder = mkdtempSync(join(tmpdir(), 'ceremony-'));
  });
  afterAll(async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('show a transcript, write it and its page, and verify the file without a server', async () => {
    server.on('GET /v1/admin/customers/acme/transcript', { status: 200, body: whole });
    const [out, html] = [join(folder, 'acme.json'), join(folder, 'acme.html')];
    const shown = await runCli(['ceremony', 'show', 'acme', '--out', out, '--html', html], {
      url: server.url,
    });
    expect([shown.code, shown.stdout]).toEqual([0, expect.stringContaining('is whole')]);
    const page = readFileSync(html, 'utf8');
    expect(page).toContain('&lt;operator&gt;');
    expect(page).not.toContain('<operator>');
    expect(page).not.toMatch(/<script|src=|href=/);
    const verified = await runCli(['ceremony', 'verify', out], {});
    expect([verified.code, verified.stdout]).toEqual([0, expect.stringContaining('3 entries')]);
  });

  it('exit 1 for a file that is broken, with what is wrong', async () => {
    const file = join(folder, 'broken.json');
    writeFileSync(file, JSON.stringify({ ...whole, handle: 'other' }));
    const { code, stdout, stderr } = await runCli(['ceremony', 'verify', file, '--json'], {});
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({ valid: false });
    expect(stderr).toContain('about another customer');
    writeFileSync(file, '{}');
    expect((await runCli(['ceremony', 'verify', file], {})).code).toBe(1);
    expect((await runCli(['ceremony', 'verify', join(folder, 'missing.json')], {})).code).toBe(2);
  });
});
