// Tests that import execa themselves need on Node.js 20 what the package gives it there.
import { addSetUnion } from "../provider/host/execa";

addSetUnion();
