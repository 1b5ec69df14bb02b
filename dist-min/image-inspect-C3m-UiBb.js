export { R as command } from "./cli-DDb85CiE.js";
