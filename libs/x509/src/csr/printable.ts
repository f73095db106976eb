/** The octets as text that is safe in a message: ASCII without controls, cut at 64. */
export function printable(bytes: Uint8Array, start: number, stop: number): string {
  const text = Buffer.from(bytes.subarray(start, Math.min(stop, start + 64))).toString('latin1');
  return text.replace(/[^ !#-~]/g, '?') + (stop - start > 64 ? '…' : '');
}
