//! The driver of the conformance suite: commands as JSON lines on standard input, one observation for each on
//! standard output.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::time::Duration;

use fastagency_sdk::messages::{
    Acknowledge, AnswerFrame, CancelWorkflow, ErrorResponse, InitiateWorkflow,
    InitiateWorkflowRequest, InitiatedWorkflow, ResumeWorkflow, ServerMessage, StartWorkflow,
    ValidationErrorResponse, WorkflowInfo,
};
use fastagency_sdk::{
    json, Answer, Client, Conversation, Cursor, Dialect, Error, Json, Question, Reconnect, Retry,
    TextAssembler,
};
use serde::de::DeserializeOwned;
use serde::Serialize;
use serde_json::Value;
use tokio::io::{AsyncBufReadExt, BufReader};

const FEATURES: [&str; 7] = [
    "discover",
    "converse",
    "timeout",
    "decode",
    "raw_text",
    "exact_integers",
    "sessions",
];

#[tokio::main(flavor = "current_thread")]
async fn main() -> io::Result<()> {
    say(&json!({
        "saw": "ready", "subject": "fastagency-sdk for Rust", "language": "rust",
        "version": env!("CARGO_PKG_VERSION"), "features": FEATURES,
    }))?;
    let mut driver = Driver::default();
    // Conversations go on while a command is waited for.
    let mut lines = BufReader::new(tokio::io::stdin()).lines();
    while let Some(line) = lines.next_line().await? {
        say(&driver.observe(&line).await?)?;
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
    texts: TextAssembler,
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
            "resume" => self.resume(command).await,
            "next" => return Ok(self.next(command).await),
            "answer" => return Ok(self.answer(command).await),
            "cancel" => return Ok(self.cancel(command).await),
            "cursor" => return Ok(self.told(|it| saw!("cursor", "cursor": it.cursor()))),
            "connection" => {
                let told =
                    |it: &Conversation| saw!("connection", "connection": it.connection().as_str());
                return Ok(self.told(told));
            }
            "leave" => return Ok(self.leave().await),
            "decode" => return Ok(decode(command)),
            _ => return Ok(saw!("unsupported", "do": name)),
        };
        Ok(observed.unwrap_or_else(|error| failed(&error, None)))
    }

    async fn start(&mut self, command: &Value, line: &str) -> Result<Observation, Error> {
        self.leave_for_another().await;
        // From the text again: a `Value` rounds integers of more than 64 bits.
        let fields: BTreeMap<String, Json> = serde_json::from_str(line).unwrap_or_default();
        let none = json_of(&json!({}));
        let params = fields.get("params").unwrap_or(&none);
        let workflow = command["workflow"].as_str().unwrap_or_default();
        let conversation = client(command)?.start(workflow, params).await?;
        Ok(self.hold(conversation))
    }

    async fn resume(&mut self, command: &Value) -> Result<Observation, Error> {
        self.leave_for_another().await;
        let mut cursor = Cursor::from_json(&command["cursor"].to_string())?;
        if command["from_start"] == true {
            cursor = cursor.from_start();
        }
        let conversation = client(command)?.resume(cursor).await?;
        Ok(self.hold(conversation))
    }

    async fn leave_for_another(&mut self) {
        self.leave().await;
        *self = Self::default();
    }

    fn hold(&mut self, conversation: Conversation) -> Observation {
        let uuid = conversation.workflow_uuid();
        self.conversation = Some(conversation);
        saw!("started", "workflow_uuid": uuid)
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
                let mut seen = saw!(
                    "message", "type": message.tag(), "message": message,
                    "known": !matches!(message, ServerMessage::Unknown(_)),
                    "state": state.as_str(), "raw": conversation.raw_text(),
                );
                if conversation.cursor().is_some() {
                    seen.extend(of_session(conversation, &message, &mut self.texts));
                }
                seen
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
                let code = conversation.close_code();
                ended.extend(code.map(|code| ("code", json_of(&code))));
                if conversation.cursor().is_some() {
                    let outcome = conversation.outcome().map(|outcome| outcome.as_str());
                    ended.insert("outcome", json_of(&outcome));
                }
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

    async fn cancel(&mut self, command: &Value) -> Observation {
        let Some(conversation) = &self.conversation else {
            return unstarted();
        };
        conversation.cancel(command["reason"].as_str()).await;
        saw!("cancelled")
    }

    fn told(&self, tell: impl FnOnce(&Conversation) -> Observation) -> Observation {
        self.conversation.as_ref().map_or_else(unstarted, tell)
    }

    async fn leave(&mut self) -> Observation {
        let Some(conversation) = &mut self.conversation else {
            return unstarted();
        };
        conversation.close().await;
        saw!("left", "state": conversation.state().as_str())
    }
}

/// What only a conversation of `fastagency.v1` has to tell.
fn of_session(
    conversation: &Conversation,
    message: &ServerMessage,
    texts: &mut TextAssembler,
) -> Observation {
    let connection = conversation.connection().as_str();
    let mut told = Observation::from([("connection", json_of(connection))]);
    if let Some(text) = texts.add(message) {
        told.insert("text", json_of(text));
    }
    if let ServerMessage::AnswerAccepted(accepted) = message {
        let elsewhere = conversation.answered_elsewhere(accepted);
        told.insert("elsewhere", json_of(&elsewhere));
    }
    if let Some(question) = Question::of(message) {
        told.insert("open", json_of(&conversation.is_open(question.uuid())));
    }
    told
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
    if options["dialect"] == "classic" {
        builder = builder.dialect(Dialect::Classic);
    }
    let wanted = options["reconnect"].clone();
    let delay = |name: &str, default| {
        let seconds = wanted[name].as_f64();
        seconds.map_or(default, Duration::from_secs_f64)
    };
    let defaults = Reconnect::default();
    builder
        .reconnect(Reconnect {
            first_delay: delay("first_delay", defaults.first_delay),
            longest_delay: delay("max_delay", defaults.longest_delay),
            ..defaults
        })
        .should_retry(move |code, _, _| wanted["should_retry"][code.to_string()].as_bool())
        .build()
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
