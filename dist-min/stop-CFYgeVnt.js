export { h as command } from "./cli-DDb85CiE.js";
