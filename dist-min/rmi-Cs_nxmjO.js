export { b as command } from "./cli-DDb85CiE.js";
