export { O as command } from "./cli-DDb85CiE.js";
