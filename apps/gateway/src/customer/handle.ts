const shape = /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/;

/**
 * Whether a customer could have this handle at all: a DNS label of at most 40 characters. What is none is
 * unknown without asking anybody; which handles may be taken is the provisioner's to say.
 */
export function isHandle(text: string): boolean {
  return shape.test(text) && !text.includes('--');
}
