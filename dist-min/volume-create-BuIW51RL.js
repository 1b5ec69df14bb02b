export { s as command } from "./cli-DDb85CiE.js";
