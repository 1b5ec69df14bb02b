export { L as command } from "./cli-DDb85CiE.js";
