import { capped, plain } from "./contendedHost";
import { drop, put } from "./edits";
import { testEveryInterleaving } from "./everyInterleaving";

// In a new tap bridge, the same ports and meters get the numbers that they had in the old one.
testEveryInterleaving("no meter is lost when the tap bridge is deleted and created meanwhile", {
  start: [plain, capped],
  writers: [[drop(capped)], [drop(plain)], [put(plain), put(capped)]],
});
