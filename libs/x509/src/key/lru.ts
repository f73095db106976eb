/** Keeps the values used last, by key; a Map remembers the order. */
export class Lru<V> {
  private readonly values = new Map<string, V>();

  constructor(private readonly capacity: number) {}

  get(key: string): V | undefined {
    const value = this.values.get(key);
    if (value !== undefined) {
      this.values.delete(key);
      this.values.set(key, value);
    }
    return value;
  }

  set(key: string, value: V): void {
    this.values.set(key, value);
    if (this.values.size <= this.capacity) return;
    const { value: oldest } = this.values.keys().next();
    if (oldest !== undefined) this.values.delete(oldest);
  }

  get size(): number {
    return this.values.size;
  }
}
