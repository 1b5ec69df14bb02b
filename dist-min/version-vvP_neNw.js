export { rt as VERSION } from "./cli-DDb85CiE.js";
