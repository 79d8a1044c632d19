// CRC-32 (ISO 3309, as in gzip), of text in ASCII.

/** That of what `crc` is the one of, followed by `text`. */
export function crc32(text, crc = 0) {
  let rest = ~crc;
  for (let at = 0; at < text.length; at++) {
    rest ^= text.charCodeAt(at);
    for (let bit = 0; bit < 8; bit++) rest = rest & 1 ? (rest >>> 1) ^ 0xedb88320 : rest >>> 1;
  }
  return ~rest >>> 0;
}
