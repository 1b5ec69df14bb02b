export { W as command } from "./cli-DDb85CiE.js";
