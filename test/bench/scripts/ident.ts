export { ident as default } from "../workloads.mjs";
