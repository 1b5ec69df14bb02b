export { n as command } from "./cli-DDb85CiE.js";
