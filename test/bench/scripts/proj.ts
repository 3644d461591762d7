export { proj as default } from "../workloads.mjs";
