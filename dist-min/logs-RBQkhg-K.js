export { A as command } from "./cli-DDb85CiE.js";
