export { x as command } from "./cli-DDb85CiE.js";
