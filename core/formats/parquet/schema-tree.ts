/** The schema of a file as a tree that hyparquet can put nested values together by. */
import type { FileMetaData, SchemaElement, SchemaTree } from "hyparquet";
import { parquetSchema } from "hyparquet/src/metadata.js";

/** What a field `__proto__` of a struct is called until its values are whole: hyparquet would set a prototype. */
const PROTO_NAME = "\0__proto__";

export function schemaTreeOf({ schema }: Pick<FileMetaData, "schema">): SchemaTree {
  return placed(parquetSchema({ schema: schema.map(asRead) }), []);
}

/** What hyparquet calls the values of an element while it puts them together. */
export function keyOf({ path }: SchemaTree): string {
  return path.join(".");
}

/** The name of a field, from what it is called in the tree. */
export function fieldName(name: string): string {
  return name === PROTO_NAME ? "__proto__" : name;
}

export function hasOtherName({ element }: SchemaTree): boolean {
  return element.name === PROTO_NAME;
}

/** Maps are lists of pairs at first; some writers mark lists with the newer type only. */
function asRead(element: SchemaElement): SchemaElement {
  const { converted_type: converted, logical_type: logical } = element;
  if (isMap(element)) {
    const { converted_type: _, ...rest } = element;
    return { ...rest, logical_type: { type: "MAP" } };
  }
  return converted === undefined && logical?.type === "LIST" ? { ...element, converted_type: "LIST" } : element;
}

function isMap({ converted_type: converted, logical_type: logical, num_children: children }: SchemaElement): boolean {
  return children === 1 && (converted === "MAP" || converted === "MAP_KEY_VALUE" || logical?.type === "MAP");
}

/** Paths are numbers, not names: names with dots, or the same name twice, would make one path of two. */
function placed(node: SchemaTree, path: string[]): SchemaTree {
  const children = node.children.map((child, index) => placed(child, [...path, String(index)]));
  const isField = path.length > 1 && node.element.name === "__proto__";
  return { ...node, path, children, element: isField ? { ...node.element, name: PROTO_NAME } : node.element };
}
