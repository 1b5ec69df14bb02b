export { F as command } from "./cli-DDb85CiE.js";
