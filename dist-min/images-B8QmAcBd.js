export { I as command } from "./cli-DDb85CiE.js";
