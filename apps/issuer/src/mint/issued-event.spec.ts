import { create, fromBinary } from '@bufbuild/protobuf';
import { ActorKind, IssuedSchema, MintRequestSchema } from '#libs/contracts';
import { encodeIssued, encodeIssuedRequest } from './issued-event.js';

const certificate = (octet: number) => ({
  serial: Buffer.alloc(16, octet),
  fingerprint: Buffer.alloc(32, octet),
  der: Buffer.alloc(0),
});
const context = { customerId: 'customer', caId: 'ca', notBefore: 1_700_000_000, notAfter: 1_700_003_660 };

describe('the issued event', () => {
  it('is what the generic encoder would read, with who asked, when the requests of a group are joined', () => {
    const asked = create(MintRequestSchema, {
      csrs: [Buffer.alloc(0), Buffer.alloc(0)],
      credentialId: '6f1c2d3e-0000-4000-8000-000000000000',
      actorKind: ActorKind.SCOPED_CREDENTIAL,
      actorHash: Buffer.alloc(32, 7),
      requestId: 'r'.repeat(128),
      handle: 'acme',
    });
    const anonymous = create(MintRequestSchema, { csrs: [Buffer.alloc(0)] });
    const encoded = Buffer.concat([
      encodeIssued(context, [certificate(1), certificate(2)]),
      encodeIssuedRequest(asked),
      encodeIssued(context, [certificate(3)]),
      encodeIssuedRequest(anonymous),
    ]);
    const { certificates, requests } = fromBinary(IssuedSchema, encoded);
    expect(certificates.map(({ serial }) => serial[0])).toEqual([1, 2, 3]);
    expect(certificates[2]).toMatchObject({ customerId: 'customer', caId: 'ca', notAfter: 1_700_003_660n });
    expect(requests).toMatchObject([
      {
        count: 2n,
        actorKind: ActorKind.SCOPED_CREDENTIAL,
        actorId: asked.credentialId,
        requestId: asked.requestId,
        handle: 'acme',
      },
      { count: 1n, actorKind: ActorKind.UNSPECIFIED, actorId: '', requestId: '', handle: '' },
    ]);
    expect(Buffer.from(requests[0]?.actorHash ?? [])).toEqual(Buffer.alloc(32, 7));
  });
});
