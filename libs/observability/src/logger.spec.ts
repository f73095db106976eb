import { createLogger, requestLogger } from './logger.js';

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
    requestLogger(createLogger('gateway', 'info', destination), 'req-1').warn('refused');
    expect(lines[0]).toMatchObject({ request_id: 'req-1', msg: 'refused' });
  });

  it('hides secrets and certificate requests, down to two levels', () => {
    const { lines, destination } = capture();
    const secrets = {
      authorization: 'Bearer sesame',
      bearer: 'sesame',
      token: 'sesame',
      password: 'sesame',
      csr_pems: ['sesame'],
      passphrase: 'sesame',
    };
    const logger = createLogger('gateway', 'info', destination);
    logger.info({ ...secrets, headers: secrets, request: { body: secrets } }, 'seen');
    logger.child(secrets).info('seen as a child');
    expect(lines).toHaveLength(2);
    expect(JSON.stringify(lines)).not.toContain('sesame');
    expect(JSON.stringify(lines)).toContain('[hidden]');
  });

  it('keeps the stack of an error', () => {
    const { lines, destination } = capture();
    createLogger('issuer', 'info', destination).error({ err: new RangeError('too much') }, 'failed');
    expect(lines[0]).toMatchObject({ err: { type: 'RangeError', message: 'too much' } });
  });
});
