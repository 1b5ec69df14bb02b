export { K as command } from "./cli-DDb85CiE.js";
