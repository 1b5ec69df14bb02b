export { f as command } from "./cli-DDb85CiE.js";
