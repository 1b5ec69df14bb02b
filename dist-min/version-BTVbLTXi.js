export { c as command } from "./cli-DDb85CiE.js";
