import { workloads } from "../workloads.mjs";
import { mapBytes } from "./lines.mjs";
import { Piscina } from "./piscina-package.mjs";

export default function task({ workload, bytes }) {
  return Piscina.move(mapBytes(bytes, workloads[workload]));
}
