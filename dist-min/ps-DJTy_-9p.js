export { T as command } from "./cli-DDb85CiE.js";
