/** JSON with whole numbers of any size: JavaScript's own reader rounds those beyond 2^53. */

// No message holds this, so that no text can pass for a number.
const MARK = `${crypto.getRandomValues(new Uint32Array(4)).join("-")}:`;
const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** Read JSON. Whole numbers that JavaScript would round become a BigInt. */
export function parse(text) {
  const marked = text.replace(TOKEN, (token) =>
    /^-?\d+$/.test(token) && !Number.isSafeInteger(Number(token)) ? `"${MARK}${token}"` : token,
  );
  return JSON.parse(marked, (_, value) =>
    typeof value === "string" && value.startsWith(MARK) ? BigInt(value.slice(MARK.length)) : value,
  );
}

/** Write a value as JSON, every BigInt with all its digits. */
export function stringify(value, indent) {
  const marked = JSON.stringify(
    value,
    (_, item) => (typeof item === "bigint" ? `${MARK}${item}` : item),
    indent,
  );
  return marked.replaceAll(new RegExp(`"${MARK}(-?\\d+)"`, "g"), "$1");
}

/** Return a received message with the whole numbers as they stand in its frame, `text`. */
export function exactly(message, text) {
  if (!/\d{16}/.test(text)) return message; // every message but a few
  if (!message.content && message.type !== "unknown") return message; // with no free JSON in it
  const raw = parse(text);
  return message.type === "unknown"
    ? { ...message, raw }
    : { ...message, content: { ...message.content, ...raw.content } };
}
