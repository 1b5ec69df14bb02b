export { m as command } from "./cli-DDb85CiE.js";
