import { Inject } from '@nestjs/common';
import { type GetQuotaRequest, IssuerService, type MintEachRequest } from '#libs/contracts';
import { RpcController, RpcMethod } from '#libs/rpc';
import { FakeProduct } from './fake-product.js';

@RpcController(IssuerService)
export class FakeIssuer {
  constructor(@Inject(FakeProduct) private readonly product: FakeProduct) {}

  @RpcMethod(IssuerService.method.mintEach)
  async mintEach({ requests }: MintEachRequest) {
    this.product.messages += 1;
    this.product.minted.push(...requests);
    return { results: await Promise.all(requests.map((each) => this.product.mint(each, this.product))) };
  }

  @RpcMethod(IssuerService.method.mint)
  async mint() {
    return {};
  }

  @RpcMethod(IssuerService.method.getCertificate)
  async getCertificate() {
    return {};
  }

  @RpcMethod(IssuerService.method.listCertificates)
  async listCertificates() {
    return {};
  }

  @RpcMethod(IssuerService.method.getQuota)
  async getQuota(_request: GetQuotaRequest) {
    const { product } = this;
    if (product.entitlementLag > 0) product.entitlementLag -= 1;
    return {
      ...(product.perMinute !== undefined && { perMinute: product.perMinute }),
      ...(product.perMonth !== undefined && { perMonth: product.perMonth }),
      usedThisMinute: 1n,
      usedThisMonth: 2n,
      usedInLifetime: 0n,
      monthResetsAt: 1_769_904_000n,
      entitlementVersion: product.entitlementVersion - (product.entitlementLag > 0 ? 1n : 0n),
    };
  }
}
