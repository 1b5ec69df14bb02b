export { o as command } from "./cli-DDb85CiE.js";
