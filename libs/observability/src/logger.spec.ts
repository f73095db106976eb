import { createLogger } from './logger.js';

function capture() {
  const lines: Record<string, unknown>[] = [];
  const destination = { write: (line: string) => void lines.push(JSON.parse(line)) };
  return { lines, destination };
}

describe('the logger', () => {
  it('writes JSON with a level by name, a time and the service', () => {
    const { lines, destination } = capture();
    createLogger('issuer', 'info', destination).info({ batch: 3 }, 'minted');
    expect(lines).toEqual([
      {
        level: 'info',
        time: expect.stringMatching(/^\d{4}-.*Z$/),
        service: 'issuer',
        batch: 3,
        msg: 'minted',
      },
    ]);
  });

  it('keeps to its level', () => {
    const { lines, destination } = capture();
    createLogger('issuer', 'warn', destination).info('quiet');
    expect(lines).toEqual([]);
  });

  it('gives every line of a request its id', () => {
    const { lines, destination } = capture();
    createLogger('gateway', 'info', destination).child({ request_id: 'req-1' }).warn('refused');
    expect(lines[0]).toMatchObject({ request_id: 'req-1', msg: 'refused' });
  });

  it('hides secrets and certificate requests, however they are spelled, and nothing else', () => {
    const { lines, destination } = capture();
    const secrets = {
      Authorization: 'Bearer sesame',
      bearer: 'sesame',
      operator_token: 'sesame',
      'set-cookie': 'sesame',
      password: 'sesame',
      csr_pems: ['sesame'],
      privateKey: { d: 'sesame' },
    };
    const logger = createLogger('gateway', 'info', destination);
    logger.info(
      { ...secrets, handle: 'acme', headers: secrets, list: [{ body: { inner: secrets } }] },
      'seen',
    );
    logger.child(secrets).info('seen as a child');
    logger.child({}).child({ request: secrets }).info({ tokens: 3 }, 'seen as a grandchild');
    expect(lines).toHaveLength(3);
    expect(JSON.stringify(lines)).not.toContain('sesame');
    expect(lines[0]).toMatchObject({
      handle: 'acme',
      password: '[hidden]',
      list: [{ body: { inner: { bearer: '[hidden]' } } }],
    });
    expect(lines[2]).toMatchObject({ service: 'gateway', tokens: 3 });
  });

  it('hides what an error carries', () => {
    const { lines, destination } = capture();
    const err = Object.assign(new Error('refused'), { request: { headers: { authorization: 'sesame' } } });
    createLogger('gateway', 'info', destination).error({ err }, 'failed');
    expect(JSON.stringify(lines)).not.toContain('sesame');
    expect(lines[0]).toMatchObject({ err: { message: 'refused' } });
  });

  it('leaves what it is given as it was', () => {
    const { destination } = capture();
    const fields = { request: { token: 'sesame' } };
    createLogger('gateway', 'info', destination).info(fields, 'seen');
    expect(fields).toEqual({ request: { token: 'sesame' } });
  });

  it('keeps the stack of an error', () => {
    const { lines, destination } = capture();
    createLogger('issuer', 'info', destination).error({ err: new RangeError('too much') }, 'failed');
    expect(lines[0]).toMatchObject({ err: { type: 'RangeError', message: 'too much' } });
  });
});
