/** The columns of a file: what they are called, which leaves they have, and what is made of nested values. */
import type { FileMetaData, ParquetParsers, SchemaElement, SchemaTree } from "hyparquet";
import { DEFAULT_PARSERS } from "hyparquet/src/convert.js";
import { getMaxDefinitionLevel, getMaxRepetitionLevel } from "hyparquet/src/schema.js";
import { fieldName, hasOtherName, keyOf, schemaTreeOf } from "./schema-tree.ts";
import { dateText, timestampText } from "./time-text.ts";
import { type Conversion, conversionOf, safe, type ValueTools } from "./values.ts";

/** A column that is stored: nested ones have one for each of their leaves. */
export interface Leaf {
  readonly path: readonly string[];
  /** What its values are called while those of its column are put together. */
  readonly key: string;
  /** Its place among the columns of each row group. */
  readonly index: number;
  readonly element: SchemaElement;
  readonly schemaPath: SchemaTree[];
  readonly parsers: ParquetParsers;
  readonly ofInteger: Conversion["ofInteger"];
  /** How deep lists are inside each other: in a row there may be any number of values. */
  readonly repetitionLevels: number;
  /** And how many of what stands around a value, and it itself, may be null. */
  readonly definitionLevels: number;
  /** It is in a list or a struct. */
  readonly isNested: boolean;
}

/** A field of the records. */
export interface Column {
  readonly name: string;
  readonly leaves: readonly Leaf[];
  /** Of a column that has more than a leaf. */
  readonly tree: SchemaTree | undefined;
  /** What is made of each of its values, where that is not what hyparquet makes. */
  readonly shape: ((value: unknown) => unknown) | undefined;
}

export function columnsOf(metadata: FileMetaData, tools: ValueTools): Column[] {
  const tree = schemaTreeOf(metadata);
  let index = 0;
  return tree.children.map((child) => {
    const leaves = leavesOf([tree, child], false).map((stored) => leafOf(stored, index++, tools));
    const isNested = child.children.length > 0;
    return {
      name: child.element.name,
      leaves,
      tree: isNested ? child : undefined,
      shape: isNested ? shapeOf(child, tools) : undefined,
    };
  });
}

/** What is in a VARIANT. */
export const VARIANT_PARSERS: ParquetParsers = {
  ...DEFAULT_PARSERS,
  dateFromDays: dateText as never,
  timestampFromMicroseconds: ((raw: bigint) => `${timestampText(raw, 6)}Z`) as never,
  timestampFromNanoseconds: ((raw: bigint) => `${timestampText(raw, 9)}Z`) as never,
};

interface Stored {
  /** From the root to the leaf. */
  readonly schemaPath: SchemaTree[];
  readonly isVariant: boolean;
}

function leavesOf(schemaPath: SchemaTree[], isVariant: boolean): Stored[] {
  const { children, element } = schemaPath.at(-1) as SchemaTree;
  if (children.length === 0) return [{ schemaPath, isVariant }];
  const isInside = isVariant || element.logical_type?.type === "VARIANT";
  return children.flatMap((child) => leavesOf([...schemaPath, child], isInside));
}

function leafOf({ schemaPath, isVariant }: Stored, index: number, tools: ValueTools): Leaf {
  const node = schemaPath.at(-1) as SchemaTree;
  const { element: said } = node;
  // These are decoded together, when the rows are put together.
  const isPacked = isVariant && (said.name === "metadata" || said.name === "value");
  const { element, parsers, ofInteger }: Conversion = isPacked
    ? { element: said, parsers: DEFAULT_PARSERS }
    : conversionOf(said, tools);
  return {
    path: schemaPath.slice(1).map((each) => fieldName(each.element.name)),
    key: keyOf(node),
    index,
    element,
    schemaPath,
    parsers,
    ofInteger,
    repetitionLevels: getMaxRepetitionLevel(schemaPath),
    definitionLevels: getMaxDefinitionLevel(schemaPath),
    isNested: schemaPath.length > 2,
  };
}

type Shape = (value: unknown) => unknown;

/** Undefined where a value stays as it is. */
function shapeOf(node: SchemaTree, tools: ValueTools): Shape | undefined {
  const { element } = node;
  const inner = innerShape(node, tools);
  return inner === undefined || element.repetition_type !== "REPEATED" ? inner : (values) => mapped(values, inner);
}

function innerShape({ element, children }: SchemaTree, tools: ValueTools): Shape | undefined {
  const [only] = children;
  if (element.logical_type?.type === "VARIANT") return (value) => plain(value, tools);
  if (element.logical_type?.type === "MAP" && only !== undefined) return mapShape(only, tools);
  if (element.converted_type === "LIST" && only !== undefined && children.length === 1) return listShape(only, tools);
  const shapes = children.map((child) => [child.element.name, shapeOf(child, tools)] as const);
  const changed = shapes.filter((each): each is [string, Shape] => each[1] !== undefined);
  const shape: Shape | undefined = changed.length === 0 ? undefined : (value) => withFields(value, changed);
  if (!children.some(hasOtherName)) return shape;
  return (value) => withNames(shape === undefined ? value : shape(value));
}

/** @param repeated the level between the list and its elements, or the elements themselves: hyparquet leaves out the former */
function listShape(repeated: SchemaTree, tools: ValueTools): Shape | undefined {
  const { element, children } = repeated;
  const [item] = children;
  if (children.length > 1) {
    const shape = innerShape(repeated, tools) ?? ((value) => value);
    return (value) => (isNothing(value) ? value : mapped((value as Record<string, unknown>)[element.name], shape));
  }
  const shape = item && shapeOf(item, tools);
  return shape && ((value) => mapped(value, shape));
}

function withFields(value: unknown, shapes: readonly (readonly [name: string, shape: Shape])[]): unknown {
  if (isNothing(value)) return value;
  const fields = value as Record<string, unknown>;
  for (const [name, shape] of shapes) fields[name] = shape(fields[name]);
  return fields;
}

function withNames(value: unknown): unknown {
  if (isNothing(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [fieldName(name), each]));
}

/** An object where the keys are text, else a list of pairs; a list of the keys where there is nothing else. */
function mapShape(entries: SchemaTree, tools: ValueTools): Shape {
  const { name } = entries.element;
  const [key, value] = entries.children;
  if (key === undefined) return (map) => map;
  const shape = value && shapeOf(value, tools);
  const isObject = isText(key.element);
  return (map) => {
    if (isNothing(map)) return map;
    const pairs = ((map as Record<string, unknown>)[name] ?? []) as Record<string, unknown>[];
    if (value === undefined) return pairs.map((pair) => pair[key.element.name]);
    const all = pairs.map((pair): [unknown, unknown] => {
      const found = pair[value.element.name] ?? null;
      return [pair[key.element.name], shape === undefined ? found : shape(found)];
    });
    return isObject ? Object.fromEntries(all as [string, unknown][]) : all;
  };
}

function isText({ type, converted_type: converted, logical_type: logical }: SchemaElement): boolean {
  const isString =
    converted === "UTF8" || converted === "ENUM" || logical?.type === "STRING" || logical?.type === "ENUM";
  return type === "BYTE_ARRAY" && isString;
}

function isNothing(value: unknown): value is null | undefined {
  return value === null || value === undefined;
}

function mapped(values: unknown, shape: Shape): unknown {
  return Array.isArray(values) ? values.map(shape) : values;
}

/** Of a VARIANT: what JSON has no type for. hyparquet does not tell whether its timestamps are in UTC. */
function plain(value: unknown, tools: ValueTools): unknown {
  if (typeof value === "bigint") return safe(value);
  if (typeof value !== "object" || value === null) return value;
  if (value instanceof Uint8Array) return tools.encodeBase64(value);
  if (Array.isArray(value)) return value.map((each) => plain(each, tools));
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [fieldName(name), plain(each, tools)]));
}
