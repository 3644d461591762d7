/** The flag that brings code for an export. */
export const CODE_FLAGS: Readonly<Record<string, string>> = {
  map: "-e",
  filter: "--filter",
  key: "--key",
  reduce: "--reduce",
  initial: "--initial",
  merge: "--merge",
  finish: "--finish",
};
