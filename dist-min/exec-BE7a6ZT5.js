export { V as command } from "./cli-DDb85CiE.js";
