import { NETWORK_KEY } from "../model/selectPorts";
import { CLOUD_KEYS, NOT_OF_VMS, PROXMOX_NAMES } from "../model/vmPort";

/**
 * The part of the keeper's program that finds the ports a flow selects; it is equivalent to `selectPorts` of the model.
 */
export const AWK_SELECTION = String.raw`
# Whether a name matches a pattern in which * stands for any characters and ? for one; see matchesPattern of the model.
function like(name, pattern,   at, spot, star, mark, c, n, m) {
  n = length(name); m = length(pattern)
  if (n > 255 || name ~ /[^ -~]|["\\]/) return pattern ~ /^\*+$/
  at = spot = 1; star = 0
  while (at <= n) {
    c = spot > m ? "" : substr(pattern, spot, 1)
    if (c == "*") { star = spot++; mark = at }
    else if (c != "" && (c == "?" || c == substr(name, at, 1))) { spot++; at++ }
    else if (star) { spot = star + 1; at = ++mark }
    else return 0
  }
  while (substr(pattern, spot, 1) == "*") spot++
  return spot > m
}
function bears(port, nic, key, value,   own, others) {
  own = lookup(external[nic], key); others = lookup(portids[port], key)
  if (value == "*") return own != "" || others != ""
  return own == value || others == value
}
# Whether a port may be that of a VM, and whether it is one that a cloud has made: isVmPort and isCloudPort of the model say how.
function isofvms(port, nic) {
  if (types[nic] == "\"internal\"" && ports[port] ~ /^"${PROXMOX_NAMES.firewalled}"$/) return 1
  return index("${NOT_OF_VMS.map((type) => ` \\"${type}\\" `).join("")}", " " types[nic] " ") == 0
}
function isclouds(port, nic) {
  if (${CLOUD_KEYS.map((key) => `lookup(external[nic], "\\"${key}\\"") != ""`).join(" || ")}) return 1
  return ports[port] ~ /^"(${PROXMOX_NAMES.direct}|${PROXMOX_NAMES.firewalled})"$/
}
# Whether a port is the one of its VM that an exclusion names by number.
function isvnic(port, at) {
  if (!((l, at) in vnics)) { seek(field[at], field[4], field[5], field[at + 1], field[at + 2]); vnics[l, at] = foundport }
  return vnics[l, at] == port
}
# Whether a port meets the conditions of the line, and those of none of its exclusions.
function meets(port, nic,   i, good, excluding, word, name) {
  good = 1; excluding = 0
  name = ports[port]; name = substr(name, 2, length(name) - 2)
  for (i = 6; i <= fields; i++) {
    word = field[i]
    if (word == "except") {
      if (good == excluding) return 0
      good = excluding = 1
    } else if (word == "cloud") { if (!isclouds(port, nic)) good = 0 }
    else if (word == "network") { if (lookup(other[port], "\"${NETWORK_KEY}\"") != field[++i]) good = 0 }
    else if (word == "vlan") { if (tags[port] "" != field[++i] "") good = 0 }
    else if (word == "vm") { if (!matches(port, nic, "vm", "-", field[++i])) good = 0 }
    else if (word == "name") { if (!like(name, field[++i])) good = 0 }
    else if (word == "id") { if (!bears(port, nic, field[i + 1], field[i + 2])) good = 0; i += 2 }
    else if (word == "port") {
      if (field[i + 2] ~ /^[0-9]+$/) { if (!isvnic(port, i + 1)) good = 0 }
      else if (!matches(port, nic, field[i + 1], field[i + 2], field[i + 3])) good = 0
      i += 3
    } else return 0
  }
  return good != excluding
}
# Adds all ports that a line selects to those that the mirror should have.
function selectports(   b, n, i, k, part, nic, columns, c) {
  b = bridge[field[4]]
  n = b == "" ? 0 : split(members[b], part, " ")
  c = split(field[2], columns, " ")
  for (i = 1; i <= n; i++) {
    nic = nicsof[part[i]]; gsub(/^ | $/, "", nic)
    if (!isuuid(nic) || class[part[i]] != field[3] || spared[part[i]]) continue
    if (!isofvms(part[i], nic) || !meets(part[i], nic)) continue
    for (k = 1; k <= c; k++)
      if (!has(wanted[columns[k]], part[i])) wanted[columns[k]] = wanted[columns[k]] part[i] " "
  }
}
`;
