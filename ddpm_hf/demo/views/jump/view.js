// One jump beside many steps: a row of pictures, and what they measure.
import { mountRow } from "../../web/row/row.js";
import { chunks } from "./here.js";
import { notes, verdict } from "./measure.js";

export const mount = (page) => mountRow(page, { name: "jump", chunks, notes, verdict });
