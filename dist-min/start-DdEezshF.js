export { _ as command } from "./cli-DDb85CiE.js";
