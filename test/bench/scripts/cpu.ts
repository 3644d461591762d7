export { cpu as default } from "../workloads.mjs";
