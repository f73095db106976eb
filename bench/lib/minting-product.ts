import { Product, type StartOptions } from '../../test/support/product.js';

/** The product with one customer that no limit holds back. */
export async function mintingProduct(mode: NonNullable<StartOptions['mode']>): Promise<MintingProduct> {
  const product = await Product.start({ mode });
  const customer = await product.customer('bench');
  const flags = ['--per-minute', 'unlimited', '--per-month', 'unlimited'];
  const lifted = await product.cli(['customer', 'set-limits', customer.handle, ...flags]);
  if (lifted.code !== 0) throw new Error(lifted.stderr);
  return {
    product,
    pid: product.child.pid ?? 0,
    url: `${product.origin}/1d/${customer.handle}/mint`,
    headers: { authorization: `Bearer ${customer.bearer}`, 'content-type': 'application/json' },
  };
}

export interface MintingProduct {
  readonly product: Product;
  readonly pid: number;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}
