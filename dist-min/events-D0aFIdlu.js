export { H as command } from "./cli-DDb85CiE.js";
