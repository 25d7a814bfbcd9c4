import { serviceClaim } from "./contendedHost";
import { drop, put } from "./edits";
import { testEveryInterleaving } from "./everyInterleaving";

testEveryInterleaving("no rule stays when the last tap is deleted meanwhile", {
  start: [serviceClaim("old", 8, "mon2")],
  writers: [
    [put(serviceClaim("old", 8, "mon3"))],
    [drop(serviceClaim("old", 8, "mon2"))],
    [put(serviceClaim("new", 9, "mon1"))],
  ],
});
