/**
 * The reader of JSON that the generated rules drive: checks a value against a rule and fills in what may be
 * left out. The rules are data (`_generated/rules.ts`), so that a new message costs lines of data, not of code.
 */

/** Any JSON value. */
export type Json = string | number | boolean | null | readonly Json[] | JsonObject;

/** Any JSON object. */
export interface JsonObject {
  readonly [name: string]: Json;
}

/** A JSON object with named fields. `open`: fields beside these are kept; otherwise they are dropped. */
export interface ObjectRule {
  readonly is: "object";
  readonly fields: Readonly<Record<string, FieldRule>>;
  readonly open?: true;
}

/** Objects told apart by the value of the field `tag`. One without it counts as `absent`, where that is given. */
export interface UnionRule {
  readonly is: "union";
  readonly tag: string;
  readonly of: Readonly<Record<string, ObjectRule>>;
  readonly absent?: string;
}

/** What a JSON value must be. */
export type Rule =
  | {
      readonly is: "string";
      readonly pattern?: RegExp;
      readonly minLength?: number;
      readonly of?: readonly string[];
    }
  | { readonly is: "integer" | "number" | "boolean" | "any" | "map" }
  | { readonly is: "list"; readonly of: Rule }
  /** One of several, told apart by the JSON kind alone: no two of them take the same kind. */
  | { readonly is: "kind"; readonly of: readonly Rule[] }
  | ObjectRule
  | UnionRule;

/** A rule as it applies to a field. Absent is not null: `optional` and `default` permit the one, `nullable` the other. */
export type FieldRule = Rule & {
  readonly nullable?: true;
  readonly optional?: true;
  readonly default?: Json;
};

/**
 * Check `value` against `rule`. Returns the value as its type says: objects hold all fields that have a default,
 * and none that their rule does not name (unless it is open). `path` names the place in errors.
 *
 * An object whose tag is none of its union's becomes `{ [tag]: "unknown", claimedType, raw }`.
 *
 * Throws a TypeError that names the first field at fault.
 */
export function read(rule: Rule, value: unknown, path = ""): unknown {
  switch (rule.is) {
    case "any":
      return finite(value, path);
    case "map":
      return finite(asObject(value, path), path);
    case "string":
      if (
        kindOf(value) !== "string" ||
        (rule.of && !rule.of.includes(value as string)) ||
        (rule.pattern && !rule.pattern.test(value as string)) ||
        (rule.minLength && [...(value as string)].length < rule.minLength)
      )
        fail(path, describe(rule));
      return value;
    case "integer":
      if (!Number.isInteger(value)) fail(path, describe(rule));
      return value;
    case "list":
      if (!Array.isArray(value)) fail(path, describe(rule));
      return (value as unknown[]).map((item, index) => read(rule.of, item, join(path, index)));
    case "kind": {
      const branch = rule.of.find((each) => accepts(each, value));
      return branch ? read(branch, value, path) : fail(path, rule.of.map(describe).join(" or "));
    }
    case "object":
      return readObject(rule, asObject(value, path), path);
    case "union": {
      const raw = asObject(value, path);
      const tag = Object.hasOwn(raw, rule.tag) ? raw[rule.tag] : rule.absent;
      if (typeof tag !== "string") return fail(join(path, rule.tag), "a string");
      if (!Object.hasOwn(rule.of, tag))
        return { [rule.tag]: "unknown", claimedType: tag, raw: finite(raw, path) };
      return readObject(rule.of[tag] as ObjectRule, raw, path);
    }
    default:
      if (!accepts(rule, value)) fail(path, describe(rule));
      return value;
  }
}

function readObject(rule: ObjectRule, raw: JsonObject, path: string): JsonObject {
  const result: Record<string, Json> = rule.open ? { ...finite(raw, path) } : {};
  for (const name in rule.fields) {
    const field = rule.fields[name] as FieldRule;
    const at = join(path, name);
    if (!Object.hasOwn(raw, name)) {
      const { default: usual } = field;
      // A list or an object is copied, so that nobody changes it for all.
      if (usual !== undefined)
        result[name] = typeof usual === "object" ? structuredClone(usual) : usual;
      else if (!field.optional) fail(at, "there");
    } else if (raw[name] === null && field.nullable) result[name] = null;
    else result[name] = read(field, raw[name], at) as Json;
  }
  return result;
}

/** Return `value`, unless a number in it is an infinity: `JSON.parse` makes that of 1e999, which no double can hold. */
function finite<T>(value: T, path: string): T {
  return isFinite(value) ? value : fail(path, "JSON whose numbers a double can hold");
}

function isFinite(value: unknown): boolean {
  if (typeof value === "number") return Number.isFinite(value);
  return typeof value !== "object" || !value || Object.values(value).every(isFinite);
}

/** The JSON kind that a value has; an infinity has none. */
function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "list";
  return value === Infinity || value === -Infinity ? "infinity" : typeof value;
}

/** Whether `value` has the JSON kind that `rule` asks for; nothing deeper. */
function accepts(rule: Rule, value: unknown): boolean {
  const kind = rule.is === "map" || rule.is === "union" ? "object" : rule.is;
  return kind === kindOf(value) || (kind === "integer" && Number.isInteger(value));
}

function asObject(value: unknown, path: string): JsonObject {
  return kindOf(value) === "object" ? (value as JsonObject) : fail(path, "an object");
}

function describe(rule: Rule): string {
  if (rule.is !== "string")
    return (
      { integer: "an integer", map: "an object", object: "an object" }[rule.is as string] ??
      `a ${rule.is}`
    );
  if (rule.of) return rule.of.map((value) => JSON.stringify(value)).join(" or ");
  return rule.pattern
    ? `a string like ${rule.pattern.source}`
    : rule.minLength
      ? `a string of at least ${rule.minLength}`
      : "a string";
}

function join(path: string, step: string | number): string {
  return path ? `${path}.${step}` : `${step}`;
}

function fail(path: string, wanted: string): never {
  throw new TypeError(`${path || "the value"}: must be ${wanted}`);
}
