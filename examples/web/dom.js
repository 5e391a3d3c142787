/** Making elements. Text always becomes a text node: nothing is ever parsed as HTML. */

import { stringify } from "./exact.js";

/** Make an element with properties (`class`, `text`, `on…`, or any attribute) and children. */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "text") element.textContent = value;
    else if (name === "class") element.className = value;
    else if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined));
  return element;
}

/** Return a value as JSON in a block of code: on one line where it is short. */
export function json(value) {
  const short = stringify(value);
  return h(
    "pre",
    { tabindex: "0" },
    h("code", { text: short.length < 60 ? short : stringify(value, 2) }),
  );
}

/** Find an element of the page that must be there. */
export function byId(id) {
  const element = document.getElementById(id);
  if (!element) throw new Error(`the page has no #${id}`);
  return element;
}
