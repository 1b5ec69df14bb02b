export { w as command } from "./cli-DDb85CiE.js";
