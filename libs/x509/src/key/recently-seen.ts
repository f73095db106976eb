const slots = 16_384;

/**
 * Remembers which octets were seen lately, in 64 kB and without an object for each. Others may take an entry's place,
 * and once in four thousand million times others look the same: it serves to guess, not to decide.
 */
export class RecentlySeen {
  readonly #marks = new Uint32Array(slots);

  /** @returns whether they were seen; now they are */
  add(octets: Uint8Array): boolean {
    // The middle of a SubjectPublicKeyInfo is key; its ends are alike in all.
    const middle = (octets.length >> 1) - 4;
    const slot = word(octets, middle) % slots;
    const mark = word(octets, middle + 4);
    const isKnown = this.#marks[slot] === mark;
    this.#marks[slot] = mark;
    return isKnown;
  }
}

function word(octets: Uint8Array, at: number): number {
  let value = 0;
  for (let i = at; i < at + 4; i += 1) value = (value << 8) | (octets[i] ?? 0);
  return value >>> 0;
}
