export { y as command } from "./cli-DDb85CiE.js";
