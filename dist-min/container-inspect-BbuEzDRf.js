export { q as command } from "./cli-DDb85CiE.js";
