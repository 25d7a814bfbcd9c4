/** Values that random rules and random frames are both made of, so that they meet. */
export const MACS = [
  "02:00:00:00:00:01",
  "02:00:00:00:00:02",
  "01:00:5e:00:00:01",
  "ff:ff:ff:ff:ff:ff",
] as const;
export const IPV4 = [
  "10.0.0.1",
  "10.0.0.200",
  "10.1.0.1",
  "192.0.2.7",
  "0.0.0.0",
  "255.255.255.255",
] as const;
export const IPV6 = [
  [0x2001, 0xdb8, 0, 0, 0, 0, 0, 1],
  [0x2001, 0xdb8, 0, 0, 0, 0, 1, 0xff],
  [0x2001, 0xdb8, 1, 0, 2, 0, 0, 1],
  [0xfe80, 0, 0, 0, 0, 0, 0, 1],
  [0, 0, 0, 0, 0, 0xffff, 0x0a00, 1],
  [0, 0, 0, 0, 0, 0, 0, 0],
] as const;
export const PORTS = [
  0, 1, 7, 22, 53, 80, 443, 1023, 1024, 8000, 8500, 9000, 32767, 32768, 65534, 65535,
] as const;
/** Of IP, besides those with a name; 0, 43, 44, 51 and 60 are IPv6 extension headers. */
export const PROTOCOLS = [0, 1, 2, 6, 17, 43, 44, 47, 50, 51, 58, 60, 132, 255] as const;
export const ETHER_TYPES = [0x05ff, 0x0800, 0x0806, 0x8100, 0x88a8, 0x86dd, 0x8847, 0x88cc] as const;
export const VLANS = [0, 1, 100, 4094] as const;
