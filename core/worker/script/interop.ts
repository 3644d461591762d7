/**
 * What a module exports, CommonJS or not. Runtimes show a CommonJS module as a namespace: its `module.exports` is the
 * default, some of its properties are named exports too (those that a scan of its text has found), and Node 23 and later
 * add it once more, as "module.exports". Here it is what `require` would give, on every runtime.
 */
type Namespace = Readonly<Record<string, unknown>>;

/** Node's name for it, on the namespace. */
const WHOLE = "module.exports";
const MARK = "__esModule";

/** The exports of a script: the properties of `module.exports`, or the namespace as it is. */
export function exportsOf(namespace: Namespace): Record<string, unknown> {
  const { [WHOLE]: _, [MARK]: __, ...named } = namespace;
  const inner = wholeOf(namespace);
  if (typeof inner === "function") return { ...named, ...propertiesOf(inner), default: inner };
  if (!isObject(inner) || !isCommonJs(namespace)) return named;
  const { default: ___, ...rest } = named;
  const { [MARK]: ____, ...own } = propertiesOf(inner);
  return { ...rest, ...own };
}

/** What `import name from` gives for CommonJS, the namespace of an ES module, or its default where there is nothing else. */
export function moduleValue(namespace: Namespace): unknown {
  const inner = wholeOf(namespace);
  const isMarked = isObject(inner) && MARK in inner;
  if (isCommonJs(namespace) && !isMarked) return inner;
  const exports = isMarked ? exportsOf(namespace) : namespace;
  const names = Object.keys(exports).filter((name) => name !== MARK && name !== WHOLE);
  return names.length === 1 && names[0] === "default" ? exports.default : exports;
}

function wholeOf(namespace: Namespace): unknown {
  return WHOLE in namespace ? namespace[WHOLE] : namespace.default;
}

/** Where Node does not say so: every named export is a property of the default. */
function isCommonJs(namespace: Namespace): boolean {
  if (WHOLE in namespace) return true;
  const inner = namespace.default;
  if (!isObject(inner) && typeof inner !== "function") return false;
  const properties = inner as Record<string, unknown>;
  return Object.keys(namespace).every(
    (name) => name === "default" || name === MARK || Object.is(namespace[name], properties[name]),
  );
}

function propertiesOf(value: object): Record<string, unknown> {
  return { ...value };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
