export { l as command } from "./cli-DDb85CiE.js";
