import { setTimeout as sleep } from 'node:timers/promises';
import { parseCrl } from '#libs/x509';
import type { Openssl } from './openssl.js';
import type { Minted } from './product.js';
import { RelyingParties } from './relying-parties.js';

/** A certificate, as relying parties see it. */
export interface ReliedOnLeaf {
  readonly serial: string;
  readonly parties: RelyingParties;
}

/** Certificates of one CA, and how each stands by serial status, OCSP and CRL. */
export class ReliedOnLeaves {
  readonly #leaves: ReliedOnLeaf[] = [];

  /** @param pkiUrl base URL of the CA */
  constructor(
    private readonly openssl: Openssl,
    private readonly pkiUrl: string,
  ) {}

  /** @returns where it is */
  add(minted: Minted): number {
    const [intermediate = '', root = ''] = minted.chain.split(/(?<=-----END CERTIFICATE-----\n)/);
    const [certificate] = minted.certs;
    const chain = {
      leaf: this.openssl.file('leaf.pem', certificate?.cert_pem ?? ''),
      key: '',
      intermediate: this.openssl.file('intermediate.pem', intermediate),
      root: this.openssl.file('root.pem', root),
    };
    const parties = new RelyingParties(this.openssl.folder, chain, this.pkiUrl);
    return this.#leaves.push({ serial: certificate?.serial ?? '', parties }) - 1;
  }

  at(index: number): ReliedOnLeaf {
    const leaf = this.#leaves[index];
    if (leaf === undefined) throw new Error(`There is no leaf ${index}.`);
    return leaf;
  }

  /** What the serial status and OCSP say of one. */
  async said(index: number): Promise<[status: string | number, ocsp: string]> {
    const leaf = this.at(index);
    return [await this.#statusOf(leaf), await leaf.parties.opensslOcsp('-no_nonce')];
  }

  /** The number of the CRL that is published now. */
  async crlNumber(): Promise<bigint> {
    const response = await fetch(`${this.pkiUrl}/intermediate.crl`);
    return parseCrl(Buffer.from(await response.arrayBuffer())).number ?? 0n;
  }

  /** Each as it must stand, by serial status and OCSP at once, and by the CRL soon. */
  async expectStanding(...standing: readonly ('good' | 'revoked')[]): Promise<void> {
    const active = standing.map((word) => (word === 'good' ? 'active' : word));
    expect(await Promise.all(this.#leaves.map((leaf) => this.#statusOf(leaf)))).toEqual(active);
    const byOcsp = this.#leaves.map(({ parties }) => parties.opensslOcsp('-no_nonce'));
    expect(await Promise.all(byOcsp)).toEqual(standing);
    const byCrl = async () => {
      const said: string[] = [];
      for (const { parties } of this.#leaves) said.push(await parties.opensslVerify());
      return said;
    };
    let said = await byCrl();
    for (const end = Date.now() + 15_000; Date.now() < end; said = await byCrl()) {
      if (said.join() === standing.join()) break;
      await sleep(200);
    }
    expect(said).toEqual(standing);
  }

  async #statusOf({ serial }: ReliedOnLeaf): Promise<string | number> {
    const response = await fetch(`${this.pkiUrl}/cert/${serial}`);
    return response.status === 200 ? ((await response.json()) as { status: string }).status : response.status;
  }
}
