//! How fast the codec is, beside serde_json's own `Value`: `bench <folder of message vectors> <seconds>`.

use std::hint::black_box;
use std::time::{Duration, Instant};

use fastagency_sdk::{json, ServerMessage};
use serde_json::Value;

const ROUNDS: u32 = 5;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [folder, seconds] = &arguments[..] else {
        return Err("usage: bench <folder of message vectors> <seconds>".into());
    };
    let slice = Duration::try_from_secs_f64(seconds.parse()?)? / (ROUNDS * 4);
    let frames = frames(folder)?;
    let messages: Vec<ServerMessage> = frames
        .iter()
        .map(|frame| frame.parse())
        .collect::<Result<_, _>>()?;
    let values: Vec<Value> = frames
        .iter()
        .map(|frame| serde_json::from_str(frame))
        .collect::<Result<_, _>>()?;

    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        rounds.push([
            rate(slice, &frames, |frame| {
                frame.parse::<ServerMessage>().is_ok()
            }),
            rate(slice, &frames, |frame| {
                serde_json::from_str::<Value>(frame).is_ok()
            }),
            rate(slice, &messages, |message| {
                serde_json::to_string(message).is_ok()
            }),
            rate(slice, &values, |value| serde_json::to_string(value).is_ok()),
        ]);
    }
    let [decode, bare_decode, encode, bare_encode] = [0, 1, 2, 3].map(|column| {
        let mut rates: Vec<u64> = rounds.iter().map(|round| round[column]).collect();
        rates.sort_unstable();
        rates[rates.len() / 2]
    });
    let figures = json!({
        "language": "rust",
        "decode_per_second": decode,
        "bare_decode_per_second": bare_decode,
        "encode_per_second": encode,
        "bare_encode_per_second": bare_encode,
        "bare": "serde_json into Value",
    });
    println!("{figures}");
    Ok(())
}

/// Every valid frame of a known type.
fn frames(folder: &str) -> Result<Vec<String>, Box<dyn std::error::Error>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let file: Value = serde_json::from_str(&std::fs::read_to_string(path)?)?;
        for case in file["cases"].as_array().into_iter().flatten() {
            if case["valid"] == true && case["expect_type"] != "Unknown" {
                found.extend(case["frame"].as_str().map(str::to_owned));
            }
        }
    }
    if found.is_empty() {
        return Err("no frames there".into());
    }
    Ok(found)
}

/// How many items a second `work` does, over whole rounds of all items.
fn rate<T>(slice: Duration, items: &[T], work: impl Fn(&T) -> bool) -> u64 {
    let start = Instant::now();
    let mut done = 0_u64;
    while start.elapsed() < slice {
        for item in items {
            assert!(black_box(work(black_box(item))));
        }
        done += items.len() as u64;
    }
    (done as f64 / start.elapsed().as_secs_f64()) as u64
}
