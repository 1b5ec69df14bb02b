export { N as command } from "./cli-DDb85CiE.js";
