export { S as command } from "./cli-DDb85CiE.js";
