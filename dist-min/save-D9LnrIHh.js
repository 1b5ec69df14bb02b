export { v as command } from "./cli-DDb85CiE.js";
