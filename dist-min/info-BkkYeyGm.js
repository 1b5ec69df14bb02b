export { P as command } from "./cli-DDb85CiE.js";
