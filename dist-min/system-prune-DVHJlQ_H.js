export { p as command } from "./cli-DDb85CiE.js";
