export { J as command } from "./cli-DDb85CiE.js";
