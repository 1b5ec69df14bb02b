export { d as command } from "./cli-DDb85CiE.js";
