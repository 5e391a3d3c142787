/** The forms that answer questions. Each takes the question and a function to call once with the answer. */

import { h } from "./dom.js";

/** Return the form for a question. `send(value, secret)` is called with a string or a list of strings. */
export function form(question, send) {
  if (question.type === "text_input") return textForm(question.content, send);
  return question.content.single
    ? singleForm(question.content, send)
    : severalForm(question.content, send);
}

function textForm({ prompt, suggestions, password }, send) {
  const field = password
    ? h("input", {
        id: "answer",
        type: "password",
        autocomplete: "off",
        placeholder: "A secret",
        "data-focus": true,
      })
    : h("textarea", {
        id: "answer",
        rows: "1",
        autocomplete: "off",
        placeholder: "Your answer",
        "data-focus": true,
      });
  const picks = suggestions.map((text) =>
    h("button", { type: "button", class: "chip", text, onclick: () => send(text, password) }),
  );
  const element = h(
    "form",
    { class: "text-form" },
    h("label", { for: "answer", text: prompt ?? "Your answer" }),
    picks.length
      ? h("div", { class: "chips", role: "group", "aria-label": "Suggestions" }, picks)
      : null,
    h(
      "div",
      { class: "row" },
      field,
      password ? reveal(field) : null,
      h("button", { class: "primary", text: "Send" }),
    ),
    password
      ? h("p", { class: "hint", text: "Hidden while you type, and kept out of the transcript." })
      : null,
  );
  element.addEventListener("submit", (event) => {
    event.preventDefault();
    send(field.value, password);
  });
  if (!password) {
    field.addEventListener("input", () => fit(field));
    field.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
      event.preventDefault();
      element.requestSubmit();
    });
  }
  return element;
}

function singleForm({ prompt, choices, default: fallback }, send) {
  const buttons = choices.map((choice) =>
    h(
      "button",
      {
        type: "button",
        class: "choice",
        onclick: () => send(choice, false),
        "data-focus": choice === fallback,
      },
      h("span", { text: choice }),
      choice === fallback ? h("small", { text: "default" }) : null,
    ),
  );
  return h(
    "form",
    {},
    h(
      "fieldset",
      { class: "choices" },
      h("legend", { text: prompt ?? "Pick one" }),
      buttons,
      ...empty(fallback, choices, send),
    ),
  );
}

/** A default that is none of the choices can still be taken, by an empty answer. */
function empty(fallback, choices, send) {
  if (fallback === null || choices.includes(fallback)) return [];
  return [
    h("button", {
      type: "button",
      class: "quiet",
      onclick: () => send("", false),
      text: `Default: ${fallback}`,
    }),
  ];
}

function severalForm({ prompt, choices, default: fallback }, send) {
  const boxes = choices.map((choice, index) =>
    h("input", {
      type: "checkbox",
      id: `choice-${index}`,
      value: choice,
      "data-focus": index === 0,
    }),
  );
  const submit = h("button", { class: "primary" });
  const picked = () => choices.filter((_, index) => boxes[index].checked);
  const relabel = () => {
    const count = picked().length;
    if (count) submit.textContent = `Send ${count} of ${choices.length}`;
    else submit.textContent = fallback === null ? "Send none" : `Send the default: ${fallback}`;
  };
  const element = h(
    "form",
    {},
    h(
      "fieldset",
      { class: "choices" },
      h("legend", { text: prompt ?? "Pick any number" }),
      choices.map((choice, index) =>
        h(
          "label",
          { class: "choice", for: `choice-${index}` },
          boxes[index],
          h("span", { text: choice }),
        ),
      ),
    ),
    h(
      "div",
      { class: "row end" },
      h("span", { class: "hint", text: "Pick as many as you like." }),
      submit,
    ),
  );
  element.addEventListener("change", relabel);
  element.addEventListener("submit", (event) => {
    event.preventDefault();
    send(picked(), false);
  });
  relabel();
  return element;
}

function reveal(field) {
  const button = h("button", {
    type: "button",
    class: "quiet",
    "aria-pressed": "false",
    text: "Show",
  });
  button.addEventListener("click", () => {
    const hidden = field.type === "password";
    field.type = hidden ? "text" : "password";
    button.textContent = hidden ? "Hide" : "Show";
    button.setAttribute("aria-pressed", String(hidden));
    field.focus();
  });
  return button;
}

/** Let a text area grow with its text. */
function fit(field) {
  field.style.height = "auto";
  field.style.height = `${Math.min(field.scrollHeight + 2, 220)}px`;
}
