export { j as command } from "./cli-DDb85CiE.js";
