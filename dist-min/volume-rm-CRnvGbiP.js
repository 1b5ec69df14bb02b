export { r as command } from "./cli-DDb85CiE.js";
