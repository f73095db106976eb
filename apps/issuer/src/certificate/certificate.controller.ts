import { Inject } from '@nestjs/common';
import {
  type GetCertificateRequest,
  type GetCertificateResponse,
  type GetCertificatesRequest,
  IssuerService,
  type ListCertificatesRequest,
  type ListCertificatesResponse,
} from '#libs/contracts';
import { DomainError } from '#libs/errors';
import { RpcController, RpcMethod } from '#libs/rpc';
import type { Clock } from '#libs/service';
import { tokens } from '../issuer.tokens.js';
import { checkCustomerId } from '../policy/batch.policy.js';
import { CertificateRepository } from './certificate.repository.js';
import { decodePageToken, encodePageToken } from './certificate-page.js';
import { issuedCertificate } from './issued-certificate.js';

const serialLength = 16;
const defaultPage = 100;
const largestPage = 500;
const mostSerials = 500;

@RpcController(IssuerService)
export class CertificateController {
  constructor(
    private readonly certificates: CertificateRepository,
    @Inject(tokens.clock) private readonly clock: Clock,
  ) {}

  @RpcMethod(IssuerService.method.getCertificate)
  async getCertificate({
    customerId,
    serial,
  }: GetCertificateRequest): Promise<Omit<GetCertificateResponse, '$typeName'>> {
    checkCustomerId(customerId);
    const found =
      serial.length <= serialLength
        ? await this.certificates.findBySerial(customerId, padded(serial), this.clock.now())
        : undefined;
    if (!found) throw new DomainError('serial_not_found', 'No certificate of this customer has this serial.');
    return {
      certificate: issuedCertificate(found, unixSeconds(found.issuedAt), unixSeconds(found.expiresAt)),
      caId: found.caId,
    };
  }

  @RpcMethod(IssuerService.method.listCertificates)
  async listCertificates(
    request: ListCertificatesRequest,
  ): Promise<Omit<ListCertificatesResponse, '$typeName'>> {
    const { customerId, pageSize, pageToken, expiresFrom, expiresBefore } = request;
    checkCustomerId(customerId);
    const size = pageSize === 0 ? defaultPage : pageSize;
    if (size < 1 || size > largestPage) {
      throw new DomainError('bad_request', `page_size must be from 1 to ${largestPage}.`);
    }
    const found = await this.certificates.page(customerId, {
      size: size + 1,
      after: pageToken === '' ? undefined : decodePageToken(pageToken),
      expiresFrom,
      expiresBefore,
    });
    const page = found.slice(0, size);
    const last = found.length > size ? page.at(-1) : undefined;
    return {
      certificates: page.map((each) =>
        issuedCertificate(each, unixSeconds(each.issuedAt), unixSeconds(each.expiresAt)),
      ),
      nextPageToken: last === undefined ? '' : encodePageToken(last),
    };
  }

  @RpcMethod(IssuerService.method.getCertificates)
  async getCertificates({ customerId, serials, notAfter }: GetCertificatesRequest) {
    checkCustomerId(customerId);
    checkSerials(serials);
    const keys = serials.map((serial) => Buffer.from(serial));
    const found = await this.certificates.findBatch(customerId, keys, new Date(Number(notAfter) * 1000));
    return { certificates: found.map(({ der }) => der) };
  }
}

/** @throws bad_request */
function checkSerials(serials: readonly Uint8Array[]): void {
  if (serials.length >= 1 && serials.length <= mostSerials) return;
  throw new DomainError('bad_request', `A request names 1 to ${mostSerials} serial numbers.`);
}

/** Leading zeros are not significant in a serial number; stored are 16 octets. */
function padded(serial: Uint8Array): Uint8Array {
  const full = new Uint8Array(serialLength);
  full.set(serial, serialLength - serial.length);
  return full;
}

function unixSeconds(date: Date): bigint {
  return BigInt(Math.floor(date.getTime() / 1000));
}
