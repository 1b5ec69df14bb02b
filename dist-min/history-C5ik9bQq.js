export { z as command } from "./cli-DDb85CiE.js";
