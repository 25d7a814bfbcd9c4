/** Bits of an RSA public key's modulus, from the key's blob (RFC 4253, 6.6: the type, e, n); `undefined` for keys of other types. */
export function rsaBits(blob: Buffer): number | undefined {
  const [type, , modulus] = fieldsOf(blob);
  if (type?.toString("latin1") !== "ssh-rsa" || modulus === undefined) return undefined;
  const first = modulus.findIndex((byte) => byte !== 0);
  return first < 0 ? 0 : 8 * (modulus.length - first) - (Math.clz32(modulus[first]!) - 24);
}

/** The fields of a blob; each is a length of four bytes, followed by the content. */
function fieldsOf(blob: Buffer): Buffer[] {
  const fields: Buffer[] = [];
  for (let at = 0; at + 4 <= blob.length; ) {
    const end = at + 4 + blob.readUInt32BE(at);
    fields.push(blob.subarray(at + 4, end));
    at = end;
  }
  return fields;
}
