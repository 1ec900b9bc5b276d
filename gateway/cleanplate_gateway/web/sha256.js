// SHA-256 (FIPS 180-4). Browsers offer it over HTTPS only; elsewhere it is computed here.

const ROUNDS = 64;
const PRIMES = primes(ROUNDS);
const START = PRIMES.slice(0, 8).map((prime) => fraction(Math.sqrt(prime)));
const CONSTANTS = PRIMES.map((prime) => fraction(Math.cbrt(prime)));

/** Return the digest of bytes in hexadecimal. */
export async function sha256(bytes) {
  const subtle = globalThis.crypto?.subtle;
  return hexadecimal(subtle ? new Uint8Array(await subtle.digest("SHA-256", bytes)) : digest(bytes));
}

/** Return the digest as 32 bytes, without the browser's help. */
export function digest(bytes) {
  const words = padded(bytes);
  const state = [...START];
  for (let at = 0; at < words.length; at += 16) mix(state, words.subarray(at, at + 16));
  const view = new DataView(new ArrayBuffer(32));
  state.forEach((word, index) => view.setUint32(index * 4, word >>> 0));
  return new Uint8Array(view.buffer);
}

export const hexadecimal = (bytes) =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

function padded(bytes) {
  const blocks = Math.ceil((bytes.length + 9) / 64);
  const view = new DataView(new ArrayBuffer(blocks * 64));
  new Uint8Array(view.buffer).set(bytes);
  view.setUint8(bytes.length, 0x80);
  view.setUint32(blocks * 64 - 8, Math.floor(bytes.length / 2 ** 29));
  view.setUint32(blocks * 64 - 4, bytes.length * 8);
  return Uint32Array.from({ length: blocks * 16 }, (_, index) => view.getUint32(index * 4));
}

function mix(state, block) {
  const schedule = new Uint32Array(ROUNDS);
  schedule.set(block);
  for (let t = 16; t < ROUNDS; t += 1) {
    const [early, late] = [schedule[t - 15], schedule[t - 2]];
    const one = turn(early, 7) ^ turn(early, 18) ^ (early >>> 3);
    const other = turn(late, 17) ^ turn(late, 19) ^ (late >>> 10);
    schedule[t] = schedule[t - 16] + one + schedule[t - 7] + other;
  }
  let [a, b, c, d, e, f, g, h] = state;
  for (let t = 0; t < ROUNDS; t += 1) {
    const choice = (e & f) ^ (~e & g);
    const first = h + (turn(e, 6) ^ turn(e, 11) ^ turn(e, 25)) + choice + CONSTANTS[t] + schedule[t];
    const majority = (a & b) ^ (a & c) ^ (b & c);
    const second = (turn(a, 2) ^ turn(a, 13) ^ turn(a, 22)) + majority;
    [h, g, f, e, d, c, b, a] = [g, f, e, (d + first) | 0, c, b, a, (first + second) | 0];
  }
  [a, b, c, d, e, f, g, h].forEach((word, index) => {
    state[index] = (state[index] + word) | 0;
  });
}

const turn = (word, by) => (word >>> by) | (word << (32 - by));

function fraction(root) {
  return ((root - Math.floor(root)) * 2 ** 32) | 0;
}

function primes(count) {
  const found = [];
  for (let n = 2; found.length < count; n += 1) {
    if (found.every((prime) => n % prime)) found.push(n);
  }
  return found;
}
