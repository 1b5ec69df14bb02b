export { t as runCli } from "./cli-DDb85CiE.js";
