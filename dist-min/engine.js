export { t as openEngine } from "./engine-Bip5Kiai.js";
