/**
 * The part of Markdown that agents write: paragraphs, headings, lists, quotes, code, emphasis and links. It makes
 * elements and text nodes, so whatever HTML is in the text stays text.
 */

import { h } from "./dom.js";

const INLINE =
  /(`+)(?<code>[^`]|[^`].*?[^`])\1(?!`)|\*\*(?<strong>\S(?:.*?\S)?)\*\*|(?<![\w*])\*(?<em>[^\s*](?:[^*]*?[^\s*])?)\*(?![\w*])|\[(?<label>[^\]]+)\]\((?<href>https?:\/\/[^\s)]+)\)|(?<url>https?:\/\/[^\s<>"')\]]+[^\s<>"')\].,;:!?])/su;
const FENCE = /^\s*(```+|~~~+)\s*([\w+-]*)\s*$/;
const ITEM = /^\s*(?:[-*+]|(\d+)[.)])\s+(.*)$/;

/** Return the text as a list of elements. */
export function markdown(text) {
  const lines = text.replace(/\r\n?/g, "\n").split("\n");
  const blocks = [];
  while (lines.length) {
    const block = fence(lines) ?? heading(lines) ?? list(lines) ?? quote(lines) ?? paragraph(lines);
    if (block) blocks.push(block);
  }
  return blocks;
}

function fence(lines) {
  const opening = FENCE.exec(lines[0]);
  if (!opening) return null;
  lines.shift();
  const code = [];
  while (lines.length && !lines[0].trim().startsWith(opening[1])) code.push(lines.shift());
  lines.shift();
  return h("pre", { tabindex: "0" }, h("code", { text: code.join("\n") }));
}

function heading(lines) {
  const match = /^(#{1,6})\s+(.+)$/.exec(lines[0]);
  if (!match) return null;
  lines.shift();
  // Headings inside a message stay below those of the page.
  return h(match[1].length < 3 ? "h3" : "h4", {}, inline(match[2]));
}

function list(lines) {
  const first = ITEM.exec(lines[0]);
  if (!first) return null;
  const numbered = first[1] !== undefined;
  const items = [];
  for (let match; lines.length && (match = ITEM.exec(lines[0]));) {
    if ((match[1] !== undefined) !== numbered) break;
    items.push(h("li", {}, inline(match[2])));
    lines.shift();
  }
  return numbered ? h("ol", { start: first[1] }, items) : h("ul", {}, items);
}

function quote(lines) {
  if (!lines[0].startsWith(">")) return null;
  const quoted = [];
  while (lines.length && lines[0].startsWith(">")) quoted.push(lines.shift().replace(/^> ?/, ""));
  return h("blockquote", {}, markdown(quoted.join("\n")));
}

function paragraph(lines) {
  const text = [];
  while (lines.length && lines[0].trim() && !(text.length && startsBlock(lines[0])))
    text.push(lines.shift());
  if (!text.length) {
    lines.shift();
    return null;
  }
  const parts = text.flatMap((line, index) => (index ? [h("br"), ...inline(line)] : inline(line)));
  return h("p", {}, parts);
}

function startsBlock(line) {
  return FENCE.test(line) || /^#{1,6}\s/.test(line) || ITEM.test(line) || line.startsWith(">");
}

/** Return a line's text nodes and elements. */
function inline(text) {
  const parts = [];
  for (let match; (match = INLINE.exec(text));) {
    if (match.index) parts.push(text.slice(0, match.index));
    const { code, strong, em, label, href, url } = match.groups;
    if (code !== undefined) parts.push(h("code", { text: code }));
    else if (strong !== undefined) parts.push(h("strong", {}, inline(strong)));
    else if (em !== undefined) parts.push(h("em", {}, inline(em)));
    else
      parts.push(
        h("a", {
          href: href ?? url,
          rel: "noopener noreferrer",
          target: "_blank",
          text: label ?? url,
        }),
      );
    text = text.slice(match.index + match[0].length);
  }
  if (text) parts.push(text);
  return parts;
}
