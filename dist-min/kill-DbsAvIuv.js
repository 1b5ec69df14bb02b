export { M as command } from "./cli-DDb85CiE.js";
