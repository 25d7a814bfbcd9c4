import { FIRST_MONITOR } from "../plan/freeNumbers";
import { AWK_SELECTION } from "./awkSelection";

/**
 * Compares a snapshot of OVSDB (ovs-vsctl's rows as CSV of JSON, with an empty line between the tables Bridge, Port,
 * Interface and Mirror) with the text of `keeperText`, and prints what has to be done, one step per line. All values
 * are compared as JSON, never unquoted; row ids and numbers are checked by pattern. Runs on mawk, gawk and busybox awk,
 * and therefore uses no intervals in patterns.
 */
export const AWK_PROGRAM = String.raw`
function isuuid(t) { return length(t) == 36 && t ~ /^[0-9a-f]+-[0-9a-f]+-[0-9a-f]+-[0-9a-f]+-[0-9a-f]+$/ }
function isname(t) { return t ~ /^[A-Za-z0-9_][A-Za-z0-9_.+-]*$/ }
function isport(t) { return t ~ /^[0-9]+$/ && t + 0 > 0 && t + 0 < 65280 }
function q(t) { return "\"" t "\"" }
function id(t) { return "[\"uuid\",\"" t "\"]" }

# The cells of a row: the text between quotes, in which a doubled quote is one quote.
function cells(line,   part, n, i, k, m, piece, c) {
  for (k in cell) delete cell[k]
  n = split(line, part, "\""); c = 1; cell[1] = ""
  for (i = 1; i <= n; i++) {
    if (i % 2 == 0) cell[c] = cell[c] part[i]
    else if (part[i] == "" && i > 1 && i < n) cell[c] = cell[c] "\""
    else {
      m = split(part[i], piece, ",")
      if (m > 0) cell[c] = cell[c] piece[1]
      for (k = 2; k <= m; k++) cell[++c] = piece[k]
    }
  }
  return c
}
# The row ids of a reference or a set of them, separated by spaces and with one at each end.
function refs(json,   part, n, i, all) {
  all = " "
  n = split(json, part, "\"")
  for (i = 1; i <= n; i++) if (isuuid(part[i])) all = all part[i] " "
  return all
}
function has(all, one) { return index(all, " " one " ") > 0 }
# The value of a key of a map, as JSON; empty when there is none.
function lookup(json, key,   k, t, found, known) {
  found = known = ""; k = 0
  while (match(json, /"([^"\\]|\\.)*"/)) {
    t = substr(json, RSTART, RLENGTH); json = substr(json, RSTART + RLENGTH); k++
    if (k > 1 && k % 2 == 1 && known == key && found == "") found = t
    known = t
  }
  return found
}

BEGIN { table = 1; FS = "\t" }
$0 == "" { table++; next }
{
  cells($0); row = refs(cell[1]); gsub(/ /, "", row)
  if (!isuuid(row)) next
}
table == 1 {
  bridges[row] = cell[2]; bridge[cell[2]] = row; members[row] = refs(cell[3]); mirrorsof[row] = refs(cell[4])
  generation = lookup(cell[5], "\"taas-generation\""); gsub(/"/, "", generation)
  if (generation ~ /^[0-9]+$/) generations[row] = generation
}
table == 2 {
  ports[row] = cell[2]; nicsof[row] = refs(cell[3])
  tag = cell[4] ~ /^[0-9]+$/ ? cell[4] : ""
  mode = cell[5] ~ /^"/ ? cell[5] : (tag == "" ? "\"trunk\"" : "\"access\"")
  tags[row] = tag; portids[row] = cell[6]; other[row] = cell[7]
  home[row] = lookup(cell[6], "\"taas-home\"")
  class[row] = mode == "\"trunk\"" ? "keep" : (mode ~ /^"native-/ ? "native:" (tag == "" ? 0 : tag) : "strip")
}
table == 3 {
  nics[row] = cell[2]; ofport[row] = cell[3]; request[row] = cell[4]; external[row] = cell[5]; types[row] = cell[6]
  nicnamed[cell[2]] = row
}
table == 4 {
  mirrors[row] = cell[2]; select[row, "select_src_port"] = refs(cell[3]); select[row, "select_dst_port"] = refs(cell[4])
  ours[row] = lookup(cell[5], "\"taas\"") == "\"1\""
}

# For a port named by its MAC, count is the iface-id that it must also have, or a dash.
function matches(port, nic, kind, count, value) {
  if (kind == "name") return ports[port] == value || nics[nic] == value
  if (kind == "iface-id") return lookup(external[nic], "\"iface-id\"") == value
  if (kind == "mac") {
    if (count != "-" && lookup(external[nic], "\"iface-id\"") != count) return 0
    return tolower(lookup(external[nic], "\"attached-mac\"")) == value
  }
  if (lookup(external[nic], "\"xs-vm-uuid\"") == value) return 1
  return lookup(external[nic], "\"vm-id\"") == value || lookup(external[nic], "\"vm-uuid\"") == value
}
# The sort key of vNICs: the MAC address, none last, then the name.
function place(nic,   mac) {
  mac = tolower(lookup(external[nic], "\"attached-mac\""))
  return (mac == "" ? "~" : mac) " " nics[nic]
}
# Finds a port by a selector: its row in foundport, that of its interface in foundnic, its bridge in foundbridge.
function seek(kind, one, two, count, value,   b, i, k, n, part, nic, m, got, active, order, best) {
  foundport = foundnic = foundbridge = ""
  if (kind == "interface") { foundnic = nicnamed[value]; return foundnic != "" }
  m = 0; active = 0
  for (b = 1; b <= 2; b++) {
    if (b == 2 && two == one) continue
    k = bridge[b == 1 ? one : two]
    n = k == "" ? 0 : split(members[k], part, " ")
    for (i = 1; i <= n; i++) {
      nic = nicsof[part[i]]; gsub(/^ | $/, "", nic)
      if (!isuuid(nic) || !matches(part[i], nic, kind, count, value)) continue
      m++; gotport[m] = part[i]; gotnic[m] = nic; gotbridge[m] = k
      idle[m] = lookup(external[nic], "\"iface-status\"") == "\"inactive\""
      if (!idle[m]) active++
    }
  }
  got = 0
  for (i = 1; i <= m; i++) {
    if (active > 0 && idle[i]) continue
    got++; gotport[got] = gotport[i]; gotnic[got] = gotnic[i]; gotbridge[got] = gotbridge[i]
  }
  best = 0
  if (count ~ /^[0-9]+$/) {
    for (i = 1; i <= got; i++) {
      order = 0
      for (k = 1; k <= got; k++) if (place(gotnic[k]) < place(gotnic[i])) order++
      if (order == count + 0) best = i
    }
  } else if (got == 1) best = 1
  if (best == 0) return 0
  foundport = gotport[best]; foundnic = gotnic[best]; foundbridge = gotbridge[best]
  return 1
}

# Replaces symbols by numbers. Unresolved ones are counted in unknown, the others in resolved.
function spell(text,   s, hex, n) {
  unknown = resolved = 0
  while (match(text, /@x?[0-9]+@/)) {
    s = substr(text, RSTART + 1, RLENGTH - 2); hex = s ~ /^x/; sub(/^x/, "", s)
    n = number[s]
    if (n == "") { unknown++; n = "?" } else { resolved++; if (hex) n = sprintf("%x", n) }
    text = substr(text, 1, RSTART - 1) n substr(text, RSTART + RLENGTH)
  }
  return text
}
# A rule from its match and actions in fields; empty while a port that it matches does not exist.
function ruletext(from,   i, text, all, lost, kept, part, n, k) {
  text = spell(field[from])
  if (unknown > 0) return ""
  all = ""; lost = kept = 0
  for (i = from + 1; i <= fields; i++) {
    part = spell(field[i])
    if (unknown > 0 && resolved > 0) { gsub(/,\?/, "", part); sub(/:\?,/, ":", part); unknown = 0 }
    if (unknown > 0) { lost++; continue }
    if (resolved > 0) kept++
    all = all (all == "" ? "" : ",") part
  }
  return text ",actions=" (all == "" || (lost > 0 && kept == 0) ? "drop" : all)
}

# Records in the row of a port where it is, before it is moved, unless that home is still recorded.
function notehome(port, nic, from,   number, asked) {
  if (substr(home[port], length(home[port]) - length(from) - 1) == " " from "\"") return ""
  number = isport(ofport[nic]) ? ofport[nic] : "-"
  asked = isport(request[nic]) ? request[nic] : "-"
  return mutate("Port", port, "[\"external_ids\",\"delete\",[\"set\",[" q("taas-home") "]]],[\"external_ids\",\"insert\",[\"map\",[[" \
    q("taas-home") "," q(number " " asked " " from) "]]]]") ","
}
function guard(row, column, value) {
  return "{\"op\":\"wait\",\"table\":\"Bridge\",\"where\":[[\"_uuid\",\"==\"," id(row) "],[" q(column) ",\"includes\"," value "]]," \
    "\"columns\":[\"name\"],\"until\":\"==\",\"rows\":[{\"name\":" bridges[row] "}],\"timeout\":0}"
}
function mutate(name, row, changes) {
  return "{\"op\":\"mutate\",\"table\":" q(name) ",\"where\":[[\"_uuid\",\"==\"," id(row) "]],\"mutations\":[" changes "]}"
}
function act(operation, said) { operations = operations "," operation; says[++spoken] = said }

# A number that no port of the tap bridge has, nor the monitor where it is: FreeNumbers of the plan says why.
function freenumber(nic,   i, n, part, k, number, taken) {
  n = split(members[tap], part, " ")
  for (i = 1; i <= n; i++) {
    k = nicsof[part[i]]; gsub(/^ | $/, "", k)
    taken[ofport[k]] = taken[request[k]] = 1
  }
  number = ${FIRST_MONITOR}; if (isport(ofport[nic]) && ofport[nic] + 0 < number) number += ofport[nic]
  for (; number in taken || number in given || number == ofport[nic]; number++);
  given[number] = 1
  return number
}
function placemonitor(s,   p, from, plain) {
  p = portof[s]; from = atbridge[s]
  if (p == "" || from == tap || moved[p]) return
  # ovs-vswitchd has not numbered it yet: a moment later its home can be recorded, too.
  if (ofport[nicof[s]] !~ /^-?[0-9]+$/) return
  plain = bridges[from]; gsub(/"/, "", plain)
  if (!isname(plain)) return
  moved[p] = 1
  act(guard(from, "ports", id(p)) "," mutate("Bridge", from, "[\"ports\",\"delete\"," id(p) "]") "," \
    mutate("Bridge", tap, "[\"ports\",\"insert\"," id(p) "]") "," notehome(p, nicof[s], plain) \
    "{\"op\":\"update\",\"table\":\"Interface\",\"where\":[[\"_uuid\",\"==\"," id(nicof[s]) "]],\"row\":{\"ofport_request\":" freenumber(nicof[s]) "}}", \
    "monitor " ports[p] " was on " plain ": moved back to " tapname)
}
${AWK_SELECTION}
function checkmirror(   column, c, part, n, i, columns) {
  if (mirrorrow == "") return
  columns[1] = "select_src_port"; columns[2] = "select_dst_port"
  for (c = 1; c <= 2; c++) {
    column = columns[c]
    n = split(wanted[column], part, " ")
    for (i = 1; i <= n; i++) {
      if (has(select[mirrorrow, column], part[i])) continue
      mirrored = 1
      act(mutate("Mirror", mirrorrow, "[" q(column) ",\"insert\"," id(part[i]) "]"), \
        "port " ports[part[i]] " was not in " column " of mirror " mirrorname ": put back")
    }
    n = split(select[mirrorrow, column], part, " ")
    for (i = 1; i <= n; i++) {
      if (has(wanted[column], part[i])) continue
      mirrored = 1
      act(mutate("Mirror", mirrorrow, "[" q(column) ",\"delete\"," id(part[i]) "]"), \
        "port " ports[part[i]] " was in " column " of mirror " mirrorname ": taken out")
    }
  }
}
function startmirror(name, at,   row, b) {
  mirrorrow = ""; mirrorname = name; wanted["select_src_port"] = wanted["select_dst_port"] = " "
  b = bridge[q(at)]
  if (b == "" || !isname(name)) return
  for (row in mirrors) if (mirrors[row] == q(name) && ours[row] && has(mirrorsof[b], row)) mirrorrow = row
}

# Reads the text; a text without its last line is incomplete and is ignored.
function readtext(   file, line, n) {
  file = ENVIRON["TAAS_KEEPER"] "/state." tap "." generations[tap]
  n = 0
  while ((getline line < file) > 0) text[++n] = line
  close(file)
  if (n < 4 || text[n] !~ /^# / || text[n - 1] != "end" || text[1] != "keeper\t1") return 0
  return text[2] == "bridge\t" tap "\t" generations[tap] "\t" tapname ? n - 1 : 0
}

END {
  if (table < 4) exit 1
  for (row in generations) {
    tap = row; tapname = bridges[row]; gsub(/"/, "", tapname)
    if (!isname(tapname)) continue
    lines = readtext()
    if (lines > 0) break
  }
  if (lines == 0) exit 0
  print "tap\t" tap "\t" tapname "\t" generations[tap]
  for (l = 3; l < lines; l++) {
    fields = split(text[l], field, "\t"); word = field[1]
    if (word != "member" && word != "select") { checkmirror(); mirrorrow = "" }
    if (word == "port") {
      s = field[2]
      if (nicof[s] != "" || !seek(field[3], field[4], field[5], field[6], field[7])) continue
      portof[s] = foundport; nicof[s] = foundnic; atbridge[s] = foundbridge
      if (isport(ofport[foundnic])) number[s] = ofport[foundnic]
    } else if (word == "monitor" || word == "spare") {
      spared[portof[field[2]]] = 1
      if (word == "monitor") placemonitor(field[2])
    }
    else if (word == "mirror") startmirror(field[2], field[3])
    else if (word == "member") {
      p = portof[field[4]]
      if (p != "" && atbridge[field[4]] != tap && class[p] == field[3] && !has(wanted[field[2]], p)) wanted[field[2]] = wanted[field[2]] p " "
    } else if (word == "select") selectports()
    else if (word == "meter") {
      n = number[field[2]]
      if (n != "") print "meter\t" n "\tmeter=" n "," field[3] ",burst,stats,band=type=drop,rate=" field[4] ",burst_size=" field[5]
    } else if (word == "rule") {
      line = ruletext(2)
      if (line != "") print "flow\t" line
    } else if (word == "ending") {
      line = ruletext(3)
      if (line != "" && field[2] ~ /^[0-9]+$/) print "flow\tuntil=" field[2] "," line
    } else if (word == "foreign") {
      if (!isname(field[2]) || field[3] !~ /^OpenFlow1[0-5]$/) continue
      line = ruletext(4)
      print "foreign\t" field[2] "\t" field[3] "\t" line
    }
  }
  checkmirror()
  for (i = 1; i <= spoken; i++) print "say\t" says[i]
  if (mirrored) print "mirrored"
  if (operations != "") print "transact\t[\"Open_vSwitch\"," guard(tap, "other_config", "[\"map\",[[\"taas-generation\"," q(generations[tap]) "]]]") operations \
    ",{\"op\":\"mutate\",\"table\":\"Open_vSwitch\",\"where\":[],\"mutations\":[[\"next_cfg\",\"+=\",1]]}," \
    "{\"op\":\"select\",\"table\":\"Open_vSwitch\",\"where\":[],\"columns\":[\"next_cfg\"]}]"
}
`;
