import type { Frame } from './frame.js';
import type { CertificateKind } from './lint.js';

/** Frames with nothing to find in them: one an issuer, kind and key algorithm, those of the last issuers. */
export class CleanFrames {
  private readonly frames = new Map<string, Frame>();

  constructor(private readonly capacity: number) {}

  has(frame: Frame, kind: CertificateKind): boolean {
    return this.frames.get(keyOf(frame, kind))?.equals(frame) === true;
  }

  add(frame: Frame, kind: CertificateKind): void {
    const key = keyOf(frame, kind);
    this.frames.delete(key);
    this.frames.set(key, frame);
    if (this.frames.size <= this.capacity) return;
    const { value: oldest } = this.frames.keys().next();
    if (oldest !== undefined) this.frames.delete(oldest);
  }
}

function keyOf({ issuer, keyAlgorithm }: Frame, kind: CertificateKind): string {
  const { bytes, start, length } = issuer;
  return `${kind}/${keyAlgorithm}/${Buffer.from(bytes.buffer, bytes.byteOffset + start, length).toString('latin1')}`;
}
