/** From source on a Node without type stripping we run under a loader, and so must the workers. */
export function loaderFlags(execArgv: readonly string[]): string[] {
  const isLoader = (arg: string) => /^--(import|require|loader)(=|$)/.test(arg);
  // `--import tsx` is two arguments.
  return execArgv.filter(
    (arg, i) => isLoader(arg) || (isLoader(execArgv[i - 1] ?? "") && !execArgv[i - 1]?.includes("=")),
  );
}
