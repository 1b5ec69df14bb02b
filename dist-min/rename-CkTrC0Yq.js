export { C as command } from "./cli-DDb85CiE.js";
