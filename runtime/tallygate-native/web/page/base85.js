// Bytes as text, five characters for four bytes: a quarter more than the bytes, where base64 takes a third.
//
// The alphabet is that of RFC 1924 with a comma for <, which alone could end or change the element that holds the text.

const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz!#$%&()*+-;,=>?@^_`{|}~";

/**
 * Throws a RangeError for a character outside the alphabet and for a group above 32 bits.
 *
 * @param {string} text
 * @returns {Uint8Array<ArrayBuffer>}
 */
export function bytesFromBase85(text) {
  const digits = new Uint8Array(128).fill(255);
  for (let digit = 0; digit < 85; digit++) digits[ALPHABET.charCodeAt(digit)] = digit;
  const padding = (5 - (text.length % 5)) % 5;
  const padded = text + "~".repeat(padding);
  const bytes = new Uint8Array((padded.length / 5) * 4);
  const view = new DataView(bytes.buffer);
  for (let at = 0; at < padded.length; at += 5) view.setUint32((at / 5) * 4, group(padded, at, digits));
  return bytes.subarray(0, bytes.length - padding);
}

/**
 * @param {string} text
 * @param {number} at
 * @param {Uint8Array} digits
 */
function group(text, at, digits) {
  let value = 0;
  for (let place = at; place < at + 5; place++) {
    const code = text.charCodeAt(place);
    const digit = code < 128 ? digits[code] : 255;
    if (digit === 255) throw new RangeError(`character ${place + 1} is none of base 85`);
    value = value * 85 + digit;
  }
  if (value > 0xffffffff) throw new RangeError(`characters ${at + 1} to ${at + 5} are no four bytes`);
  return value;
}
