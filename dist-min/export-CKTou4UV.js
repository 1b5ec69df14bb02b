export { B as command } from "./cli-DDb85CiE.js";
