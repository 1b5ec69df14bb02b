export { D as command } from "./cli-DDb85CiE.js";
