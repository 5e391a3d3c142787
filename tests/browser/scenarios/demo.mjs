/**
 * The demo server's student and teacher, held by a person who types; then the quiz, with every kind of question; then
 * the storyteller, whose text grows.
 */

import assert from "node:assert/strict";

import { browse, entry, sees, start, state } from "../browser.mjs";

await browse(async (page, shot) => {
  await shot("demo-start");
  await start(page, "simple_learning");
  const field = page.getByRole("textbox");
  await field.fill("prime numbers");
  await field.press("Enter");
  await state(page, "Finished");
  await sees(page, "You");
  assert((await entry(page, "Teacher_Agent to Student_Agent").count()) >= 2);
  assert((await entry(page, "Student_Agent to Teacher_Agent").count()) >= 2);
  await entry(page, "The workflow is finished").filter({ hasText: "[offline]" }).waitFor();
  await shot("demo-student-teacher");

  await page.getByRole("button", { name: "Other workflows" }).click();
  await start(page, "quiz");
  await page.getByRole("button", { name: "Player one" }).click();
  await page.getByRole("button", { name: "Easy" }).click();
  for (const number of ["2", "11", "17"]) await page.getByLabel(number, { exact: true }).check();
  await page.getByRole("button", { name: "Send 3 of 5" }).click();
  await page.getByRole("textbox").fill("hush");
  await page.getByRole("button", { name: "Send" }).click();
  await sees(page, "All prime, none forgotten.");
  await state(page, "Finished");
  assert(!(await page.content()).includes("hush"), "the secret is on the page");
  await shot("demo-quiz");

  await page.getByRole("button", { name: "Other workflows" }).click();
  await start(page, "storyteller");
  await page.getByRole("button", { name: "Ada", exact: true }).click();
  await page.locator(".draft").filter({ hasText: "counted the stairs" }).waitFor();
  await shot("demo-storyteller");
  await page.getByRole("timer").waitFor();
  assert.equal(await entry(page, "counted the stairs").count(), 1);
  await shot("demo-storyteller-choice");
  await page.getByRole("button", { name: "Open the door" }).click();
  await sees(page, "The end of the story of Ada.");
});
