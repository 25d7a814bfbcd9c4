/** Bytes of a meter before its bands, bytes of a band, and the type of a band that drops (struct ofp_meter_config). */
export const METER_HEAD = 8;
const METER_BAND = 16;
const DROP_BAND = 1;

/** Flags of a meter by their bits, in ovs-ofctl's notation (enum ofp_meter_flags). */
const METER_FLAGS = ["kbps", "pktps", "burst", "stats"];

/** A meter's number, and its configuration in the notation of `ovs-ofctl dump-meters` (struct ofp_meter_config). */
export function readMeter(meter: Buffer): [id: number, words: string] {
  const id = meter.readUInt32BE(4);
  const flags = METER_FLAGS.filter((_, bit) => (meter.readUInt16BE(2) & (1 << bit)) !== 0);
  const bands: string[] = [];
  for (let at = METER_HEAD; at < meter.length; at += METER_BAND) {
    const [type, length] = [meter.readUInt16BE(at), meter.readUInt16BE(at + 2)];
    if (length !== METER_BAND) throw new RangeError(`a band of ${length} bytes`);
    const kind = type === DROP_BAND ? "drop" : type;
    bands.push(`type=${kind} rate=${meter.readUInt32BE(at + 4)} burst_size=${meter.readUInt32BE(at + 8)}`);
  }
  return [id, [`meter=${id}`, ...flags, ...bands].join(" ")];
}
