//! The message vectors of the spec: frames that the codec must take, and frames that it must refuse.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use fastagency_sdk::messages::{
    Acknowledge, AnswerFrame, CancelWorkflow, ErrorResponse, InitiateWorkflow,
    InitiateWorkflowRequest, InitiatedWorkflow, ResumeWorkflow, StartWorkflow,
    ValidationErrorResponse, WorkflowInfo,
};
use fastagency_sdk::{Json, ServerMessage};
use serde::de::DeserializeOwned;
use serde::Serialize;

/// One case of a vector file, with the type that the file is about.
struct Vector {
    kind: String,
    case: BTreeMap<String, Json>,
}

impl Vector {
    fn text(&self, name: &str) -> Option<String> {
        self.case[name].parse().expect("a text or null")
    }

    fn is_valid(&self) -> bool {
        self.case["valid"].parse().expect("a boolean")
    }
}

/// What a codec makes of a frame: its type's name and its value, or None for one that it refuses.
type Codec = fn(kind: &str, frame: &str) -> Option<(String, Json)>;

fn vectors(folder: &str) -> Vec<Vector> {
    let root = std::env::var_os("FASTAGENCY_VECTORS").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../spec/vectors"),
        PathBuf::from,
    );
    let mut paths: Vec<_> = std::fs::read_dir(root.join(folder))
        .expect("the vectors are there")
        .map(|entry| entry.expect("a file").path())
        .collect();
    paths.sort();
    let mut found = Vec::new();
    for path in paths {
        let text = std::fs::read_to_string(path).expect("a vector file");
        let file: BTreeMap<String, Json> = serde_json::from_str(&text).expect("JSON");
        let cases: Vec<BTreeMap<String, Json>> = file["cases"].parse().expect("a list of cases");
        let kind: String = file["type"].parse().expect("a text");
        found.extend(cases.into_iter().map(|case| Vector {
            kind: kind.clone(),
            case,
        }));
    }
    found
}

/// What a codec does wrong.
fn faults(folder: &str, codec: Codec) -> Vec<String> {
    vectors(folder)
        .iter()
        .filter_map(|vector| fault(vector, codec))
        .collect()
}

fn fault(vector: &Vector, codec: Codec) -> Option<String> {
    let named = |what: &str| {
        let name = vector.text("name").unwrap_or_default();
        Some(format!("{}: {name}: {what}", vector.kind))
    };
    let frame = vector.text("frame").expect("a frame");
    match (codec(&vector.kind, &frame), vector.is_valid()) {
        (None, false) => None,
        (None, true) => named("refused"),
        (Some(_), false) => named("taken"),
        (Some((kind, value)), true) => {
            if Some(&kind) != vector.text("expect_type").as_ref() {
                return named(&format!("decoded as {kind}"));
            }
            if !same(&value, &vector.case["expect"]) {
                return named(&format!(
                    "decoded to {value}, not {}",
                    vector.case["expect"]
                ));
            }
            None
        }
    }
}

/// Whether two values are the same JSON. Numbers are compared by their text first, which no float can round.
fn same(one: &Json, other: &Json) -> bool {
    match (one.get().as_bytes()[0], other.get().as_bytes()[0]) {
        (b'{', b'{') => {
            let (one, other): (BTreeMap<String, Json>, BTreeMap<String, Json>) =
                (one.parse().unwrap(), other.parse().unwrap());
            one.keys().eq(other.keys()) && one.iter().all(|(name, it)| same(it, &other[name]))
        }
        (b'[', b'[') => {
            let (one, other): (Vec<Json>, Vec<Json>) =
                (one.parse().unwrap(), other.parse().unwrap());
            one.len() == other.len() && one.iter().zip(&other).all(|(one, other)| same(one, other))
        }
        (b'"', b'"') => one.parse::<String>().unwrap() == other.parse::<String>().unwrap(),
        _ if one == other => true,
        // 1 is 1.0, but an integer that a float cannot hold is nothing else.
        _ => match (one.parse::<f64>(), other.parse::<f64>()) {
            (Ok(left), Ok(right)) => left == right && left.abs() < 9e15,
            _ => false,
        },
    }
}

fn messages(_: &str, frame: &str) -> Option<(String, Json)> {
    let message: ServerMessage = frame.parse().ok()?;
    // The derived form of an enum begins with the variant's name, which is the type's.
    let shown = format!("{message:?}");
    let name = shown.split('(').next()?;
    Some((name.to_owned(), Json::new(&message).ok()?))
}

/// The other way in: serde's own traits, as they stand inside of other types.
fn nested_messages(kind: &str, frame: &str) -> Option<(String, Json)> {
    let message: Vec<ServerMessage> = serde_json::from_str(&format!("[{frame}]")).ok()?;
    let (name, _) = messages(kind, frame)?;
    Some((name, Json::new(message.first()?).ok()?))
}

fn types(kind: &str, frame: &str) -> Option<(String, Json)> {
    fn read<T: DeserializeOwned + Serialize>(frame: &str) -> Option<Json> {
        Json::new(&serde_json::from_str::<T>(frame).ok()?).ok()
    }
    let value = match kind {
        "Acknowledge" => read::<Acknowledge>(frame),
        "AnswerFrame" => read::<AnswerFrame>(frame),
        "CancelWorkflow" => read::<CancelWorkflow>(frame),
        "ErrorResponse" => read::<ErrorResponse>(frame),
        "InitiateWorkflow" => read::<InitiateWorkflow>(frame),
        "InitiateWorkflowRequest" => read::<InitiateWorkflowRequest>(frame),
        "InitiatedWorkflow" => read::<InitiatedWorkflow>(frame),
        "ResumeWorkflow" => read::<ResumeWorkflow>(frame),
        "StartWorkflow" => read::<StartWorkflow>(frame),
        "ValidationErrorResponse" => read::<ValidationErrorResponse>(frame),
        "WorkflowInfo" => read::<WorkflowInfo>(frame),
        other => panic!("no reader for {other}: add it here"),
    };
    Some((kind.to_owned(), value?))
}

#[test]
fn messages_are_taken_and_refused() {
    assert!(vectors("messages").len() > 500);
    assert_eq!(faults("messages", messages), Vec::<String>::new());
}

#[test]
fn messages_inside_of_other_values_are_too() {
    assert_eq!(faults("messages", nested_messages), Vec::<String>::new());
}

#[test]
fn bodies_are_taken_and_refused() {
    assert!(vectors("types").len() > 200);
    assert_eq!(faults("types", types), Vec::<String>::new());
}

#[test]
fn a_codec_that_takes_everything_fails() {
    let takes_everything: Codec = |kind, frame| {
        let value = serde_json::from_str(frame).unwrap_or_default();
        Some((kind.to_owned(), value))
    };
    for folder in ["messages", "types"] {
        let invalid = vectors(folder)
            .iter()
            .filter(|vector| !vector.is_valid())
            .count();
        let taken = faults(folder, takes_everything);
        assert!(invalid > 50);
        assert_eq!(
            taken
                .iter()
                .filter(|fault| fault.ends_with(": taken"))
                .count(),
            invalid
        );
    }
}

#[test]
fn a_codec_that_rounds_numbers_fails() {
    let rounds: Codec = |kind, frame| {
        let (name, value) = messages(kind, frame)?;
        let rounded: serde_json::Value = value.parse().ok()?;
        Some((name, Json::new(&rounded).ok()?))
    };
    let found = faults("messages", rounds);
    assert!(!found.is_empty());
    assert!(
        found.iter().all(|fault| fault.contains("over 2^64")),
        "{found:?}"
    );
}
