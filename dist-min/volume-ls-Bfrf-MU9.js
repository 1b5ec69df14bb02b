export { a as command } from "./cli-DDb85CiE.js";
