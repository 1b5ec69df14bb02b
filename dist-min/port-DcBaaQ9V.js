export { E as command } from "./cli-DDb85CiE.js";
