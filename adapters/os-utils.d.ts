declare module "os-utils" {
  /** Bytes of free memory, in MiB. */
  export function freemem(): number;
  export function totalmem(): number;
  export function loadavg(minutes: 1 | 5 | 15): number;
}
