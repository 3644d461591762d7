/**
 * Which fields of a record a function can see, from its code.
 *
 * The answer is a set only where the record's parameter is used in nothing but `r.name`, `r?.name`, `r["name"]` and destructuring
 * without a rest. Whatever else is done with it (returned, passed on, spread, looped over, called a method of, captured by code
 * that is not there to be read) may show all of it. Loaded when an input is long enough: the parser costs a worker 5 to 10 ms.
 */
import { parse } from "acorn";

/** A node of the parser's: its kind, and whatever its kind has. */
interface Node {
  readonly type: string;
  readonly [part: string]: unknown;
}

/** Words with which code reaches the record of its function without naming it. */
const BACK_DOORS = new Set(["arguments", "eval"]);

/**
 * @param source a function as `toString` has it
 * @returns undefined where the function may see all fields of its first argument
 */
export function readFields(source: string): ReadonlySet<string> | undefined {
  // In a script, unlike in a module, these begin comments.
  if (source.includes("<!--") || source.includes("-->")) return undefined;
  const fn = expressionOf(`(${source}\n)`, asFunction) ?? expressionOf(`({${source}\n})`, asMethod);
  const fields = new Set<string>();
  return fn !== undefined && collectReads(fn, fields) ? fields : undefined;
}

/** Undefined where the code is native, or newer than the parser. */
function expressionOf(code: string, pick: (expression: Node) => Node | undefined): Node | undefined {
  let program: Node;
  try {
    program = parse(code, { ecmaVersion: "latest", sourceType: "module" }) as unknown as Node;
  } catch {
    return undefined;
  }
  const [statement, ...others] = program.body as Node[];
  if (statement?.type !== "ExpressionStatement" || others.length > 0) return undefined;
  return pick(statement.expression as Node);
}

function asFunction(expression: Node): Node | undefined {
  return expression.type === "ArrowFunctionExpression" || expression.type === "FunctionExpression"
    ? expression
    : undefined;
}

/** A method as it stands in an object or a class. */
function asMethod(expression: Node): Node | undefined {
  if (expression.type !== "ObjectExpression") return undefined;
  const [method, ...others] = expression.properties as Node[];
  if (method?.type !== "Property" || method.kind !== "init" || method.method !== true || others.length > 0)
    return undefined;
  return method.value as Node;
}

/** Adds what the function reads of its first argument. False where that may be anything. */
function collectReads(fn: Node, fields: Set<string>): boolean {
  const [first, ...others] = fn.params as Node[];
  // A default is code that runs before the body, in a scope of its own.
  if ([first, ...others].some((one) => one?.type === "AssignmentPattern" || one?.type === "RestElement")) return false;
  let name: string | undefined;
  if (first?.type === "Identifier") name = first.name as string;
  else if (first?.type === "ObjectPattern") {
    if (!collectPattern(first, fields)) return false;
  } else if (first !== undefined) return false;
  const rest = [...(first === undefined || name !== undefined ? [] : [first]), ...others, fn.body as Node];
  return rest.every((node) => isHarmless(node, name, fields));
}

/** The names in `{ a, b: c, "d": [e] }`. */
function collectPattern(pattern: Node, fields: Set<string>): boolean {
  for (const property of pattern.properties as Node[]) {
    if (property.type !== "Property" || property.computed === true) return false;
    const key = property.key as Node;
    if (key.type === "Identifier") fields.add(key.name as string);
    else if (!addLiteral(key, fields)) return false;
  }
  return true;
}

function addLiteral(node: Node, fields: Set<string>): boolean {
  if (node.type !== "Literal" || typeof node.value !== "string") return false;
  fields.add(node.value);
  return true;
}

/** Whether the node and all in it use the record, by its name, for nothing but its fields. Those are added. */
function isHarmless(node: Node, name: string | undefined, fields: Set<string>): boolean {
  switch (node.type) {
    case "Identifier":
      // Also where another variable has the name: then more is made than has to be.
      return node.name !== name && !BACK_DOORS.has(node.name as string);
    case "ThisExpression":
    case "WithStatement":
      return false;
    case "UnaryExpression":
      // What a deleted field was is looked up in its prototype from then on.
      return node.operator !== "delete" && isHarmless(node.argument as Node, name, fields);
    case "MemberExpression":
      return isNamed(node.object, name) ? collectMember(node, fields) : partsAreHarmless(node, name, fields);
    case "CallExpression":
      // It would be given the record as its `this`.
      if (isMemberOf(node.callee, name)) return false;
      break;
    case "TaggedTemplateExpression":
      if (isMemberOf(node.tag, name)) return false;
      break;
    case "VariableDeclarator":
      if (!isNamed(node.init, name) || (node.id as Node).type !== "ObjectPattern") break;
      return collectPattern(node.id as Node, fields) && isHarmless(node.id as Node, name, fields);
    case "AssignmentExpression":
      if (isMemberOf(node.left, name)) return false;
      break;
    case "UpdateExpression":
      if (isMemberOf(node.argument, name)) return false;
      break;
    default:
  }
  return partsAreHarmless(node, name, fields);
}

function isNamed(node: unknown, name: string | undefined): boolean {
  const { type, name: found } = (node ?? {}) as Partial<Node>;
  return type === "Identifier" && name !== undefined && found === name;
}

function isMemberOf(node: unknown, name: string | undefined): boolean {
  const { type, object, expression } = (node ?? {}) as Partial<Node>;
  // `(r?.name)`
  if (type === "ChainExpression") return isMemberOf(expression, name);
  return type === "MemberExpression" && isNamed(object, name);
}

function collectMember(node: Node, fields: Set<string>): boolean {
  const property = node.property as Node;
  if (node.computed === true) return addLiteral(property, fields);
  if (property.type !== "Identifier") return false;
  fields.add(property.name as string);
  return true;
}

/** Names of members and of properties are no variables. */
function partsAreHarmless(node: Node, name: string | undefined, fields: Set<string>): boolean {
  for (const [part, value] of Object.entries(node)) {
    if ((part === "key" || part === "property") && node.computed !== true) continue;
    for (const one of Array.isArray(value) ? value : [value])
      if (isNode(one) && !isHarmless(one, name, fields)) return false;
  }
  return true;
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && typeof (value as Partial<Node>).type === "string";
}
