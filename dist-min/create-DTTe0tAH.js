export { G as command } from "./cli-DDb85CiE.js";
