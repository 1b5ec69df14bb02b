export { g as command } from "./cli-DDb85CiE.js";
