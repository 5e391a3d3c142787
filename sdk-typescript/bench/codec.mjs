/**
 * Measures the codec of the built package beside JavaScript's own JSON: node codec.mjs <vectors/messages folder> <seconds>
 *
 * Takes every valid frame of a known type and prints one JSON line: how many frames are decoded and encoded in a
 * second, by the codec and by `JSON` alone. The rounds are interleaved, so that a busy moment hits all alike.
 */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

import { decode, encode } from "../dist/node.js";

const ROUNDS = 5;

/** Every frame of the vectors that a codec must take and knows the type of. */
function framesOf(folder) {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".json"))
    .sort()
    .flatMap((name) => JSON.parse(readFileSync(join(folder, name), "utf8")).cases)
    .filter((each) => each.valid && each.expect_type !== "Unknown")
    .map((each) => each.frame);
}

/** How often in a second `work` is done, over all inputs again and again. */
function rate(work, inputs, seconds) {
  const began = performance.now();
  let done = 0;
  let kept; // the results are used, so that no compiler leaves the work out
  for (;;) {
    const passed = (performance.now() - began) / 1000;
    if (passed >= seconds && kept !== undefined) return done / passed;
    for (const input of inputs) kept = work(input);
    done += inputs.length;
  }
}

const median = (numbers) => numbers.sort((a, b) => a - b)[numbers.length >> 1];

const [folder, seconds] = process.argv.slice(2);
const frames = framesOf(folder);
const work = {
  decode_per_second: [decode, frames],
  bare_decode_per_second: [(frame) => JSON.parse(frame), frames],
  encode_per_second: [encode, frames.map(decode)],
  bare_encode_per_second: [
    (value) => JSON.stringify(value),
    frames.map((frame) => JSON.parse(frame)),
  ],
};
const rates = Object.fromEntries(Object.keys(work).map((name) => [name, []]));
for (let round = 0; round < ROUNDS; round++)
  for (const [name, [each, inputs]] of Object.entries(work))
    rates[name].push(rate(each, inputs, Number(seconds) / ROUNDS / Object.keys(work).length));
const medians = Object.entries(rates).map(([name, found]) => [name, Math.round(median(found))]);
const about = { language: "typescript", ...Object.fromEntries(medians) };
console.log(JSON.stringify({ ...about, bare: "JSON, into objects" }));
