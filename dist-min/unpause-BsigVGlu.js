export { u as command } from "./cli-DDb85CiE.js";
