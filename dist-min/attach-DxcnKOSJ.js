export { Y as command } from "./cli-DDb85CiE.js";
