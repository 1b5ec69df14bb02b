export { k as command } from "./cli-DDb85CiE.js";
