import { type Customer, Product, type StartOptions } from '../../test/support/product.js';

/** The product with one customer that no limit holds back. */
export async function mintingProduct(options: StartOptions): Promise<MintingProduct> {
  const product = await Product.start(options);
  return mintingFor(product, await product.unlimitedCustomer(`bench-${Date.now().toString(36)}`));
}

export function mintingFor(product: Product, customer: Customer): MintingProduct {
  return {
    product,
    pid: product.child.pid ?? 0,
    handle: customer.handle,
    url: `${product.origin}/1d/${customer.handle}/mint`,
    headers: { authorization: `Bearer ${customer.bearer}`, 'content-type': 'application/json' },
  };
}

export interface MintingProduct {
  readonly product: Product;
  readonly pid: number;
  readonly handle: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}
