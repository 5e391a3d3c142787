//! The driver of the conformance suite: commands as JSON lines on standard input, one observation for each on
//! standard output.

use std::collections::BTreeMap;
use std::io::{self, BufRead, Write};
use std::time::Duration;

use fastagency_sdk::messages::{
    Acknowledge, AnswerFrame, CancelWorkflow, ErrorResponse, InitiateWorkflow,
    InitiateWorkflowRequest, InitiatedWorkflow, ResumeWorkflow, ServerMessage, StartWorkflow,
    ValidationErrorResponse, WorkflowInfo,
};
use fastagency_sdk::{json, Answer, Client, Conversation, Error, Json, Retry};
use serde::de::DeserializeOwned;
use serde::Serialize;
use serde_json::Value;

const FEATURES: [&str; 6] = [
    "discover",
    "converse",
    "timeout",
    "decode",
    "raw_text",
    "exact_integers",
];

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    say(&json!({
        "saw": "ready", "subject": "fastagency-sdk for Rust", "language": "rust",
        "version": env!("CARGO_PKG_VERSION"), "features": FEATURES,
    }))?;
    let mut driver = Driver::default();
    for line in io::stdin().lock().lines() {
        say(&driver.observe(&line?).await?)?;
    }
    Ok(())
}

fn say(observation: &impl Serialize) -> io::Result<()> {
    let mut out = io::stdout().lock();
    serde_json::to_writer(&mut out, observation)?;
    out.write_all(b"\n")?;
    out.flush()
}

/// An observation. `Json` and not `Value`, so that long integers stay exact.
type Observation = BTreeMap<&'static str, Json>;

macro_rules! saw {
    ($saw:literal $(, $name:literal: $value:expr)* $(,)?) => {
        Observation::from([("saw", json_of($saw)) $(, ($name, json_of(&$value)))*])
    };
}

fn json_of<T: Serialize + ?Sized>(value: &T) -> Json {
    Json::new(value).expect("observations are JSON")
}

#[derive(Default)]
struct Driver {
    conversation: Option<Conversation>,
    /// The failure that the stream told once.
    failure: Option<Observation>,
}

impl Driver {
    async fn observe(&mut self, line: &str) -> serde_json::Result<Observation> {
        let command: &Value = &serde_json::from_str(line)?;
        let name = command["do"].as_str().unwrap_or_default();
        let observed = match name {
            "discover" => discover(command).await,
            "start" => self.start(command, line).await,
            "next" => return Ok(self.next(command).await),
            "answer" => return Ok(self.answer(command).await),
            "leave" => return Ok(self.leave().await),
            "decode" => return Ok(decode(command)),
            _ => return Ok(saw!("unsupported", "do": name)),
        };
        Ok(observed.unwrap_or_else(|error| failed(&error, None)))
    }

    async fn start(&mut self, command: &Value, line: &str) -> Result<Observation, Error> {
        self.leave().await;
        (self.conversation, self.failure) = (None, None);
        // From the text again: a `Value` rounds integers of more than 64 bits.
        let fields: BTreeMap<String, Json> = serde_json::from_str(line).unwrap_or_default();
        let none = json_of(&json!({}));
        let params = fields.get("params").unwrap_or(&none);
        let workflow = command["workflow"].as_str().unwrap_or_default();
        let conversation = client(command)?.start(workflow, params).await?;
        let uuid = conversation.workflow_uuid();
        self.conversation = Some(conversation);
        Ok(saw!("started", "workflow_uuid": uuid))
    }

    async fn next(&mut self, command: &Value) -> Observation {
        let Some(conversation) = &mut self.conversation else {
            return unstarted();
        };
        let next = match command["timeout"].as_f64() {
            Some(seconds) => {
                let wait = Duration::from_secs_f64(seconds);
                match tokio::time::timeout(wait, conversation.next()).await {
                    Ok(next) => next,
                    Err(_) => return saw!("timeout"),
                }
            }
            None => conversation.next().await,
        };
        let state = conversation.state();
        match next {
            Some(Ok(message)) => {
                saw!(
                    "message", "type": message.tag(), "message": message,
                    "known": !matches!(message, ServerMessage::Unknown(_)),
                    "state": state.as_str(), "raw": conversation.raw_text(),
                )
            }
            Some(Err(Error::MalformedMessage { why, .. })) => {
                saw!("malformed", "why": why)
            }
            Some(Err(error)) => {
                self.failure = Some(failed(&error, Some(conversation)));
                self.failure.clone().expect("just set")
            }
            None => self.failure.clone().unwrap_or_else(|| {
                let result = conversation.result();
                let mut ended = saw!("ended", "state": state.as_str(), "result": result);
                ended.extend(
                    conversation
                        .close_code()
                        .map(|code| ("code", json_of(&code))),
                );
                ended
            }),
        }
    }

    async fn answer(&mut self, command: &Value) -> Observation {
        let Some(conversation) = &self.conversation else {
            return unstarted();
        };
        let answer = match &command["value"] {
            Value::Array(choices) => choices.iter().filter_map(Value::as_str).collect(),
            value => Answer::from(value.as_str().unwrap_or_default()),
        };
        match conversation.answer(answer).await {
            Ok(None) => saw!("answered"),
            Ok(Some(answer_id)) => saw!("answered", "answer_id": answer_id),
            Err(error) => saw!("not_answered", "error": kind(&error)),
        }
    }

    async fn leave(&mut self) -> Observation {
        let Some(conversation) = &mut self.conversation else {
            return unstarted();
        };
        conversation.close().await;
        saw!("left", "state": conversation.state().as_str())
    }
}

fn unstarted() -> Observation {
    saw!("unsupported", "why": "there is no conversation")
}

fn client(command: &Value) -> Result<Client, Error> {
    let options = &command["options"];
    let attempts = options["retry"]["attempts"].as_u64().unwrap_or(1);
    let retry = Retry {
        attempts: u32::try_from(attempts).unwrap_or(u32::MAX),
        ..Retry::default()
    };
    let mut builder = Client::builder(command["url"].as_str().unwrap_or_default()).retry(retry);
    for (name, value) in options["headers"].as_object().into_iter().flatten() {
        builder = builder.header(name, value.as_str().unwrap_or_default());
    }
    if let Some(user_id) = options["user_id"].as_str() {
        builder = builder.user_id(user_id);
    }
    if let Some(bytes) = options["max_message_size"].as_u64() {
        builder = builder.max_message_size(usize::try_from(bytes).ok());
    }
    builder.build()
}

async fn discover(command: &Value) -> Result<Observation, Error> {
    let workflows = client(command)?.discovery().await?;
    Ok(saw!("workflows", "workflows": workflows))
}

fn kind(error: &Error) -> &'static str {
    match error {
        Error::ServerUnreachable { .. } => "ServerUnreachable",
        Error::RequestRefused { .. } => "RequestRefused",
        Error::MalformedMessage { .. } => "MalformedMessage",
        Error::ConversationRefused { .. } => "ConversationRefused",
        Error::ConversationLost { .. } => "ConversationLost",
        Error::NotAsked(_) => "NotAsked",
        _ => "Invalid",
    }
}

fn failed(error: &Error, conversation: Option<&Conversation>) -> Observation {
    let mut whole = saw!("failed", "error": kind(error), "why": error.to_string());
    match error {
        Error::RequestRefused { status, detail, .. } => {
            whole.extend([("status", json_of(status)), ("detail", json_of(detail))]);
        }
        Error::ConversationRefused {
            code,
            reason,
            detail,
            ..
        } => {
            whole.extend([("code", json_of(code)), ("reason", json_of(reason))]);
            whole.extend(detail.as_ref().map(|detail| ("detail", json_of(detail))));
        }
        Error::ConversationLost { code, reason, .. } => {
            whole.extend([("code", json_of(code)), ("reason", json_of(reason))]);
        }
        _ => {}
    }
    whole.extend(conversation.map(|it| ("state", json_of(it.state().as_str()))));
    whole
}

fn decode(command: &Value) -> Observation {
    let frame = command["frame"].as_str().unwrap_or_default();
    let name = command["as"].as_str().unwrap_or_default();
    let read = match name {
        "ServerMessage" => frame
            .parse()
            .map(|message: ServerMessage| (type_of(&message), json_of(&message))),
        "InitiateWorkflow" => read::<InitiateWorkflow>(name, frame),
        "InitiateWorkflowRequest" => read::<InitiateWorkflowRequest>(name, frame),
        "InitiatedWorkflow" => read::<InitiatedWorkflow>(name, frame),
        "StartWorkflow" => read::<StartWorkflow>(name, frame),
        "ResumeWorkflow" => read::<ResumeWorkflow>(name, frame),
        "AnswerFrame" => read::<AnswerFrame>(name, frame),
        "CancelWorkflow" => read::<CancelWorkflow>(name, frame),
        "Acknowledge" => read::<Acknowledge>(name, frame),
        "WorkflowInfo" => read::<WorkflowInfo>(name, frame),
        "ErrorResponse" => read::<ErrorResponse>(name, frame),
        "ValidationErrorResponse" => read::<ValidationErrorResponse>(name, frame),
        _ => return saw!("unsupported", "do": "decode", "as": name),
    };
    match read {
        Ok((name, value)) => saw!("decoded", "type": name, "value": value),
        Err(why) => saw!("refused", "why": why.to_string()),
    }
}

fn read<T: DeserializeOwned + Serialize>(
    name: &str,
    frame: &str,
) -> serde_json::Result<(String, Json)> {
    serde_json::from_str::<T>(frame).map(|value| (name.to_owned(), json_of(&value)))
}

/// The name of the message's type in the spec: that of the enum's variant.
fn type_of(message: &ServerMessage) -> String {
    let shown = format!("{message:?}");
    shown.split('(').next().unwrap_or_default().to_owned()
}
