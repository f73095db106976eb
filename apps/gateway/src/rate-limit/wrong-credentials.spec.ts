import { FixedClock } from '#libs/testing';
import { WrongCredentials } from './wrong-credentials.js';

const clock = new FixedClock();
let wrong: WrongCredentials;
beforeEach(() => {
  wrong = new WrongCredentials({ clock, perMinute: 6 });
});
const show = (address: string, times: number) =>
  Array.from({ length: times }, () => wrong.count(address)).at(-1);

describe('wrong credentials', () => {
  it('are counted per address, and asked to wait longer each time', () => {
    expect(show('192.0.2.1', 6)).toBeUndefined();
    expect([1, 2, 3, 4, 5, 6, 7].map(() => wrong.count('192.0.2.1'))).toEqual([2, 4, 8, 16, 32, 64, 64]);
    expect(wrong.count('192.0.2.2')).toBeUndefined();
  });

  it('are forgiven with time', () => {
    show('192.0.2.1', 7);
    clock.advance(10_000);
    expect(wrong.count('192.0.2.1')).toBeUndefined();
    expect(wrong.count('192.0.2.1')).toBe(4);
    clock.advance(60_000);
    expect(show('192.0.2.1', 6)).toBeUndefined();
    expect(wrong.count('192.0.2.1')).toBe(2);
  });

  it('of one IPv6 network are one count', () => {
    expect(show('2001:db8:0:1::7', 6)).toBeUndefined();
    expect(wrong.count('2001:db8:0:1:ffff::1')).toBe(2);
    expect(wrong.count('2001:db8::1:0:0:0:9')).toBe(4);
    expect(wrong.count('2001:db8:0:2::7')).toBeUndefined();
    expect(wrong.count('::1')).toBeUndefined();
  });

  it('are remembered of so many addresses', () => {
    show('192.0.2.1', 7);
    for (let n = 0; n < 10_000; n++) wrong.count(`10.0.${n >> 8}.${n & 255}`);
    expect(wrong.count('192.0.2.1')).toBeUndefined();
  });
});
