export { i as command } from "./cli-DDb85CiE.js";
