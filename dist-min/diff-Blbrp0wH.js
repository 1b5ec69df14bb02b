export { U as command } from "./cli-DDb85CiE.js";
