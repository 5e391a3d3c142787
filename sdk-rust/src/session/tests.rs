//! The state machine of a conversation, clause by clause, with a clock that is moved by hand.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{json, Value};

use crate::answers::Answer;
use crate::connection_state::ConnectionState;
use crate::cursor::Cursor;
use crate::endings::{Close, Ending};
use crate::error::{Error, Result};
use crate::messages::{InitiatedWorkflow, Outcome, ServerMessage};
use crate::reconnect::{Policy, Reconnect};
use crate::tables::ConversationState;

use super::connected::Next;
use super::protocol::{Begin, SessionProtocol};
use super::received::Received;

const HEX: &str = "6f1ed002ab5f4d3e9b6a7c1d2e3f4a5b";
const TOKEN: &str = "tttttttttttttttttttttttttttttttt";

fn initiated() -> InitiatedWorkflow {
    let body = json!({
        "user_id": null, "workflow_uuid": HEX, "name": "quiz", "params": {"level": 1},
        "subprotocols": ["fastagency.v1"], "resume_token": TOKEN,
    });
    serde_json::from_value(body).unwrap()
}

fn cursor(epoch: &str, after_seq: i64) -> Cursor {
    Cursor {
        workflow_uuid: HEX.to_owned(),
        resume_token: TOKEN.to_owned(),
        epoch: epoch.to_owned(),
        after_seq,
    }
}

fn ready_of(mode: &str, oldest: i64, head: i64, epoch: &str) -> String {
    json!({
        "type": "session_ready", "workflow_uuid": HEX, "mode": mode, "epoch": epoch, "oldest_seq": oldest,
        "head_seq": head, "state": "running", "resume_token": TOKEN, "heartbeat_seconds": 10,
        "detached_seconds": 60,
    })
    .to_string()
}

fn ready(mode: &str, head: i64) -> String {
    ready_of(mode, 1, head, "e1")
}

/// A `session_ready` that says another state.
fn in_state(state: &str, ready: &str) -> String {
    ready.replace("\"running\"", &format!("\"{state}\""))
}

fn replayed(through: i64) -> String {
    json!({"type": "replay_completed", "through_seq": through}).to_string()
}

fn logged_as(seq: i64, kind: &str, uuid: &str, content: Value) -> String {
    json!({
        "type": kind, "workflow_uuid": HEX, "uuid": uuid, "content": content, "seq": seq,
        "timestamp": "2026-01-01T00:00:00Z",
    })
    .to_string()
}

fn logged(seq: i64) -> String {
    logged_as(
        seq,
        "text_message",
        &format!("u{seq}"),
        json!({"body": format!("m{seq}")}),
    )
}

fn malformed(seq: i64) -> String {
    logged_as(seq, "text_message", "u", json!({"body": 5}))
}

fn question(seq: i64, uuid: &str) -> String {
    let content = json!({"prompt": "Name?", "suggestions": [], "password": true});
    logged_as(seq, "text_input", uuid, content)
}

fn accepted(seq: i64, answer_id: Option<&str>, uuid: &str) -> String {
    json!({
        "type": "answer_accepted", "seq": seq, "timestamp": "2026-01-01T00:00:00Z", "question_uuid": uuid,
        "answer_id": answer_id, "value": "v",
    })
    .to_string()
}

fn rejected(answer_id: &str, reason: &str) -> String {
    json!({"type": "answer_rejected", "question_uuid": "q1", "answer_id": answer_id, "reason": reason})
        .to_string()
}

fn completed(seq: i64, outcome: &str) -> String {
    let content = json!({"result": "done", "outcome": outcome});
    logged_as(seq, "workflow_completed", "end", content)
}

/// A machine, a clock that is moved by hand, and a user who reads everything.
struct Talk {
    now: Duration,
    protocol: SessionProtocol,
    seen: Vec<Result<ServerMessage>>,
}

impl Talk {
    fn new(begin: Begin) -> Self {
        Self::with(begin, None)
    }

    fn with(begin: Begin, should_retry: Option<Arc<crate::reconnect::ShouldRetry>>) -> Self {
        let policy = Policy {
            reconnect: Reconnect {
                first_delay: Duration::from_secs(1),
                ..Reconnect::default()
            },
            should_retry,
            draw: || 0.5,
        };
        let now = Duration::from_secs(100);
        Self {
            now,
            protocol: SessionProtocol::new(begin, policy, now),
            seen: Vec::new(),
        }
    }

    /// A conversation that has just begun, and these frames.
    fn live(frames: &[String]) -> Self {
        let mut talk = Self::new(Begin::Start(initiated()));
        talk.open(&[ready("fresh", 0)]);
        talk.hear(frames);
        talk
    }

    /// Open a socket, and return its first frame.
    fn open(&mut self, frames: &[String]) -> Value {
        let first = serde_json::from_str(&self.protocol.first_frame(self.now)).unwrap();
        self.hear(frames);
        first
    }

    fn hear(&mut self, frames: &[String]) {
        for frame in frames {
            let received = self.receive(frame);
            self.deliver(received);
        }
    }

    fn receive(&mut self, frame: &str) -> Vec<Received> {
        self.protocol.receive_text(frame.into(), self.now)
    }

    fn deliver(&mut self, received: Vec<Received>) {
        for received in received {
            self.protocol.deliver(&received);
            self.seen.push(received.message);
        }
    }

    /// The connection ends; what is left of a replay is delivered.
    fn drop_with(&mut self, close: Close) -> (Option<Duration>, Option<Error>) {
        match self.protocol.disconnected(close, self.now) {
            Next::Connect(delay) => (Some(delay), None),
            Next::Over { rest, error } => {
                self.deliver(rest);
                self.protocol.deliver_end();
                (None, error)
            }
        }
    }

    fn drop(&mut self) -> Option<Duration> {
        self.drop_with(Close::broken()).0
    }

    fn sent(&mut self) -> Vec<Value> {
        let frames = self.protocol.outgoing();
        let parse = |frame: &String| serde_json::from_str(frame).unwrap();
        frames.iter().map(parse).collect()
    }

    fn answer(&mut self, text: &str) -> Result<String> {
        self.protocol.answer(&Answer::from(text), None)
    }

    /// What was seen, in short: the seq of a text, the type of anything else.
    fn seen(&self) -> Vec<String> {
        let short = |message: &Result<ServerMessage>| match message {
            Ok(ServerMessage::TextMessage(message)) => message.seq.unwrap().to_string(),
            Ok(message) => message.tag().to_owned(),
            Err(_) => "malformed".to_owned(),
        };
        self.seen.iter().map(short).collect()
    }

    fn question(&self) -> Option<&str> {
        self.protocol.question().map(|question| question.uuid())
    }
}

#[test]
fn a_start_brings_its_token_and_may_be_repeated() {
    let mut talk = Talk::new(Begin::Start(initiated()));
    assert_eq!(talk.protocol.connection(), ConnectionState::Connecting);
    assert_eq!(talk.protocol.state(), ConversationState::Created);
    assert_eq!(talk.protocol.cursor(), None);
    let first = talk.open(&[]);
    assert_eq!(first["type"], "start_workflow");
    assert_eq!(
        (&first["resume_token"], &first["params"]["level"]),
        (&json!(TOKEN), &json!(1))
    );
    assert!(talk.drop().is_some());
    let again = talk.open(&[ready("reset", 1), logged(1), replayed(1)]);
    assert_eq!(again, first);
    assert_eq!(
        talk.seen(),
        ["1"],
        "nothing was shown before, so nothing is to be dropped"
    );
}

#[test]
fn a_resume_says_where_it_stands() {
    let mut talk = Talk::live(&[logged(1), logged(2)]);
    assert_eq!(talk.protocol.cursor(), Some(cursor("e1", 2)));
    talk.drop();
    assert_eq!(talk.protocol.connection(), ConnectionState::Reconnecting);
    let first = talk.open(&[ready("replay", 3), logged(3)]);
    let expected = json!({
        "type": "resume_workflow", "workflow_uuid": HEX, "resume_token": TOKEN, "epoch": "e1", "after_seq": 2,
    });
    assert_eq!(first, expected);
    assert_eq!(
        talk.seen(),
        ["1", "2"],
        "held back until the replay is complete"
    );
    talk.hear(&[replayed(3)]);
    assert_eq!(talk.seen(), ["1", "2", "3"]);
    assert_eq!(talk.protocol.connection().to_string(), "live");
}

#[test]
fn what_is_known_is_dropped_and_a_gap_resumes() {
    let mut talk = Talk::live(&[logged(1), logged(2), logged(2), logged(1)]);
    talk.hear(&[logged(4), logged(5)]);
    assert!(talk.protocol.is_broken());
    assert_eq!(talk.seen(), ["1", "2"]);
    assert!(talk.drop_with(Close::by_client(1000, "")).0.is_some());
    assert_eq!(talk.open(&[])["after_seq"], 2);
}

#[test]
fn an_unknown_type_moves_the_cursor_and_a_malformed_message_too() {
    let later = json!({"type": "later_type", "seq": 1}).to_string();
    let mut talk = Talk::live(&[later, malformed(2)]);
    assert_eq!(talk.seen(), ["later_type", "malformed"]);
    assert_eq!(talk.protocol.cursor(), Some(cursor("e1", 2)));
    talk.hear(&[logged(3), "no JSON".to_owned(), logged(4)]);
    assert_eq!(talk.seen()[2..], ["3", "malformed", "4"]);
    assert!(!talk.protocol.is_broken());
}

#[test]
fn a_malformed_message_has_its_place_in_a_replay() {
    let mut talk = Talk::live(&[logged(1)]);
    talk.drop();
    talk.open(&[
        ready("replay", 4),
        logged(2),
        malformed(3),
        logged(4),
        replayed(4),
    ]);
    assert_eq!(talk.seen(), ["1", "2", "malformed", "4"]);
}

#[test]
fn a_reset_tells_the_user_to_drop_what_was_shown() {
    let mut talk = Talk::live(&[logged(1), question(2, "q1")]);
    talk.drop();
    talk.open(&[ready_of("reset", 5, 5, "e2"), logged(5)]);
    assert_eq!(
        talk.protocol.cursor(),
        Some(cursor("e1", 2)),
        "the user is in the old log still"
    );
    talk.hear(&[replayed(5)]);
    assert_eq!(talk.seen()[2..], ["session_ready", "5"]);
    assert_eq!(talk.question(), None);
    assert_eq!(talk.protocol.state(), ConversationState::Running);
    assert_eq!(talk.protocol.cursor(), Some(cursor("e2", 5)));
}

#[test]
fn a_replay_that_breaks_off_goes_on_where_it_was() {
    let mut talk = Talk::live(&[logged(1)]);
    talk.drop();
    talk.open(&[ready("replay", 4), logged(2), logged(3)]);
    talk.drop();
    assert_eq!(talk.protocol.cursor(), Some(cursor("e1", 1)));
    let first = talk.open(&[ready("replay", 4), logged(4), replayed(4)]);
    assert_eq!(first["after_seq"], 3);
    assert_eq!(talk.seen(), ["1", "2", "3", "4"]);
}

#[test]
fn a_reset_after_a_replay_that_broke_off_drops_its_messages() {
    let mut talk = Talk::live(&[logged(1)]);
    talk.drop();
    talk.open(&[ready_of("reset", 1, 2, "e2"), logged(1), logged(2)]);
    talk.drop();
    talk.open(&[ready_of("reset", 1, 1, "e3"), logged(1), replayed(1)]);
    assert_eq!(talk.seen(), ["1", "session_ready", "1"]);
    assert_eq!(talk.protocol.cursor(), Some(cursor("e3", 1)));
}

#[test]
fn what_was_held_back_comes_before_the_end() {
    let mut talk = Talk::live(&[logged(1)]);
    talk.drop();
    talk.open(&[ready("replay", 4), logged(2), logged(3)]);
    let (delay, error) = talk.drop_with(Close::by_server(4001, ""));
    assert_eq!(delay, None);
    assert!(matches!(
        error,
        Some(Error::ConversationRefused { code: 4001, .. })
    ));
    assert_eq!(talk.seen(), ["1", "2", "3"]);
    assert_eq!(talk.protocol.cursor(), Some(cursor("e1", 3)));
}

#[test]
fn an_end_in_a_replay_that_breaks_off_is_the_end() {
    let mut talk = Talk::live(&[logged(1)]);
    talk.drop();
    talk.open(&[ready("replay", 3), logged(2), completed(3, "completed")]);
    let (delay, error) = talk.drop_with(Close::broken());
    assert!(delay.is_none() && error.is_none());
    assert_eq!(talk.seen(), ["1", "2", "workflow_completed"]);
    assert_eq!(talk.protocol.state(), ConversationState::Completed);
}

#[test]
fn an_error_before_a_refusal_comes_after_what_was_held_back() {
    let mut talk = Talk::live(&[logged(1)]);
    talk.drop();
    talk.open(&[ready("replay", 3), logged(2)]);
    talk.drop();
    let content = json!({"short": "Gone.", "long": null, "code": "conversation_gone"});
    let error = json!({"type": "error", "workflow_uuid": HEX, "uuid": "e", "content": content});
    talk.open(&[error.to_string()]);
    let (_, error) = talk.drop_with(Close::by_server(4010, ""));
    assert_eq!(talk.seen(), ["1", "2", "error"]);
    match error {
        Some(Error::ConversationRefused { detail, .. }) => {
            assert_eq!(detail.as_deref(), Some("Gone"))
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(talk.protocol.state(), ConversationState::Failed);
}

#[test]
fn an_answer_is_sent_again_until_it_is_settled() {
    let mut talk = Talk::live(&[question(1, "q1")]);
    assert_eq!(talk.protocol.state(), ConversationState::AwaitingAnswer);
    let answer_id = talk.answer("Ada").unwrap();
    assert_eq!(talk.protocol.state(), ConversationState::Running);
    let first = talk.sent();
    let expected =
        json!({"type": "answer", "question_uuid": "q1", "answer_id": answer_id, "value": "Ada"});
    assert_eq!(first, [expected]);
    assert!(talk.sent().is_empty());
    assert!(matches!(talk.answer("twice"), Err(Error::NotAsked(_))));
    talk.drop();
    assert!(talk.sent().is_empty());
    talk.open(&[ready("replay", 1)]);
    assert!(
        talk.sent().is_empty(),
        "not before the replay has told what became of it"
    );
    talk.hear(&[replayed(1)]);
    assert_eq!(talk.sent(), first);
    talk.hear(&[accepted(2, Some(&answer_id), "q1")]);
    match talk.seen.last() {
        Some(Ok(ServerMessage::AnswerAccepted(accepted))) => {
            assert!(!talk.protocol.answered_elsewhere(accepted));
        }
        other => panic!("{other:?}"),
    }
    talk.drop();
    talk.open(&[ready("replay", 2), replayed(2)]);
    assert!(talk.sent().is_empty());
}

#[test]
fn an_answer_that_the_replay_settles_is_not_sent_again() {
    let mut talk = Talk::live(&[question(1, "q1")]);
    let answer_id = talk.answer("Ada").unwrap();
    talk.sent();
    talk.drop();
    talk.open(&[
        ready("replay", 2),
        accepted(2, Some(&answer_id), "q1"),
        replayed(2),
    ]);
    assert!(talk.sent().is_empty());
}

#[test]
fn an_acceptance_that_is_said_again_settles_the_answer_and_is_not_shown_again() {
    let mut talk = Talk::live(&[question(1, "q1")]);
    let answer_id = talk.answer("Ada").unwrap();
    talk.hear(&[logged(2), accepted(2, Some(&answer_id), "q1")]);
    assert_eq!(talk.seen(), ["text_input", "2"]);
    talk.drop();
    talk.open(&[ready("replay", 2), replayed(2)]);
    assert!(talk.sent().is_empty());
}

#[test]
fn answers_can_be_given_while_there_is_no_connection() {
    let mut talk = Talk::live(&[question(1, "q1")]);
    talk.drop();
    talk.answer("Ada").unwrap();
    talk.open(&[ready("replay", 1), replayed(1)]);
    assert_eq!(talk.sent()[0]["value"], "Ada");
}

#[test]
fn a_rejected_answer_comes_back() {
    for (reason, still_open) in [
        ("invalid_value", true),
        ("question_closed", false),
        ("unknown_question", false),
    ] {
        let mut talk = Talk::live(&[question(1, "q1")]);
        let answer_id = talk.answer("Ada").unwrap();
        assert!(!talk.protocol.is_open("q1"));
        talk.hear(&[rejected(&answer_id, reason)]);
        assert_eq!(talk.seen(), ["text_input", "answer_rejected"]);
        assert_eq!(talk.protocol.is_open("q1"), still_open, "{reason}");
        assert_eq!(talk.question().is_some(), still_open, "{reason}");
        talk.drop();
        talk.open(&[ready("replay", 1), replayed(1)]);
        assert!(talk.sent().is_empty());
    }
}

#[test]
fn answered_elsewhere() {
    let mut talk = Talk::live(&[question(1, "q1")]);
    let mine = talk.answer("mine").unwrap();
    let is_elsewhere = |talk: &Talk| match talk.seen.last() {
        Some(Ok(ServerMessage::AnswerAccepted(accepted))) => {
            talk.protocol.answered_elsewhere(accepted)
        }
        other => panic!("{other:?}"),
    };
    talk.hear(&[accepted(2, Some("of another tab"), "q1")]);
    assert!(is_elsewhere(&talk));
    assert_eq!(talk.question(), None);
    talk.hear(&[rejected(&mine, "question_closed")]);
    talk.hear(&[question(3, "q2"), accepted(4, None, "q2")]);
    assert!(!is_elsewhere(&talk), "its time ran out: nobody answered");
}

#[test]
fn a_question_can_be_named() {
    let mut talk = Talk::live(&[question(1, "q1"), question(2, "q2")]);
    let answer = Answer::from("x");
    talk.protocol.answer(&answer, Some("q2")).unwrap();
    assert_eq!(talk.question(), Some("q1"));
    for closed in ["q2", "q3"] {
        let refused = talk.protocol.answer(&answer, Some(closed));
        assert!(matches!(refused, Err(Error::NotAsked(_))), "{closed}");
    }
    assert_eq!(talk.sent()[0]["question_uuid"], "q2");
}

#[test]
fn several_choices_are_a_list() {
    let content = json!({"choices": ["a", "b", "c"], "single": false});
    let mut talk = Talk::live(&[logged_as(1, "multiple_choice", "q1", content)]);
    let refused = talk.protocol.answer(&["d"].into(), None);
    assert!(matches!(refused, Err(Error::NotAsked(_))));
    talk.protocol.answer(&["c", "a"].into(), None).unwrap();
    assert_eq!(talk.sent()[0]["value"], json!(["c", "a"]));
}

#[test]
fn a_replayed_question_is_known_to_be_answered_when_it_is_delivered() {
    let mut talk = Talk::new(Begin::Resume(cursor("e1", 0)));
    assert_eq!(talk.protocol.connection(), ConnectionState::Reconnecting);
    talk.open(&[
        ready("reset", 3),
        question(1, "q1"),
        accepted(2, Some("x"), "q1"),
    ]);
    assert!(talk.seen.is_empty());
    talk.receive(&question(3, "q2"));
    let held = talk.receive(&replayed(3));
    let tags: Vec<_> = held
        .iter()
        .map(|it| it.message.as_ref().unwrap().tag())
        .collect();
    assert_eq!(
        tags,
        [
            "session_ready",
            "text_input",
            "answer_accepted",
            "text_input"
        ]
    );
    assert_eq!(
        (talk.protocol.is_open("q1"), talk.protocol.is_open("q2")),
        (false, true)
    );
}

#[test]
fn the_state_is_what_the_user_was_given() {
    let mut talk = Talk::live(&[]);
    let frames = [
        question(1, "q1"),
        accepted(2, Some("x"), "q1"),
        completed(3, "failed"),
    ];
    let received: Vec<Received> = frames
        .iter()
        .flat_map(|frame| talk.receive(frame))
        .collect();
    assert_eq!(talk.protocol.state(), ConversationState::Running);
    assert_eq!(talk.protocol.outcome(), None);
    let mut states = Vec::new();
    for received in received {
        talk.deliver(vec![received]);
        states.push(talk.protocol.state().as_str());
    }
    assert_eq!(states, ["awaiting_answer", "running", "failed"]);
    assert_eq!(talk.protocol.outcome(), Some(Outcome::Failed));
    assert_eq!(talk.protocol.result(), Some("done"));
    assert_eq!(talk.protocol.connection(), ConnectionState::Ended);
}

#[test]
fn a_cancel_is_kept_until_the_end() {
    let mut talk = Talk::live(&[logged(1)]);
    talk.drop();
    talk.protocol.cancel(Some("enough"));
    talk.open(&[ready("replay", 1), replayed(1)]);
    let cancel = json!({"type": "cancel_workflow", "reason": "enough"});
    let sent = talk.sent();
    assert_eq!(sent, [cancel]);
    // The connection may have taken it away.
    talk.drop();
    talk.open(&[ready("replay", 1), replayed(1)]);
    assert_eq!(talk.sent(), sent);
    talk.hear(&[completed(2, "cancelled")]);
    assert_eq!(talk.protocol.outcome(), Some(Outcome::Cancelled));
    assert_eq!(talk.protocol.state(), ConversationState::Cancelled);
    let (delay, error) = talk.drop_with(Close::by_server(1000, ""));
    assert!(delay.is_none() && error.is_none());
    assert_eq!(talk.protocol.connection(), ConnectionState::Ended);
}

#[test]
fn codes_that_are_final() {
    let refusals = [4000, 4001, 4003, 4004, 4008, 4009, 4010, 4099, 1007, 1009];
    let losses = [1000, 1002, 1008, 3000];
    for code in refusals.into_iter().chain(losses) {
        let mut talk = Talk::live(&[logged(1)]);
        let (delay, error) = talk.drop_with(Close::by_server(code, ""));
        assert_eq!(delay, None, "{code}");
        let refused = matches!(error, Some(Error::ConversationRefused { .. }));
        assert_eq!(refused, refusals.contains(&code), "{code}");
        assert_eq!(talk.protocol.connection(), ConnectionState::Lost);
    }
}

#[test]
fn codes_to_come_back_on() {
    for code in [1001, 1006, 1011, 1012, 4100, 4101, 4199] {
        let delay = Talk::live(&[logged(1)])
            .drop_with(Close::by_server(code, ""))
            .0;
        assert_eq!(delay, Some(Duration::from_millis(500)), "{code}");
    }
    for code in [4200, 4201, 4299] {
        let delay = Talk::live(&[logged(1)])
            .drop_with(Close::by_server(code, ""))
            .0;
        assert_eq!(delay, Some(Duration::ZERO), "{code}");
    }
}

#[test]
fn delays_begin_again_after_progress() {
    let mut talk = Talk::live(&[logged(1)]);
    let delays = |talk: &mut Talk| [(); 3].map(|()| talk.drop().unwrap().as_millis());
    assert_eq!(delays(&mut talk), [500, 1000, 2000]);
    // A session alone is no progress, a logged message is.
    talk.open(&[ready("replay", 2)]);
    assert_eq!(talk.drop(), Some(Duration::from_secs(4)));
    talk.open(&[ready("replay", 2), logged(2)]);
    assert_eq!(delays(&mut talk), [500, 1000, 2000]);
}

#[test]
fn should_retry_wins() {
    for (code, wanted) in [(4004, true), (1006, false)] {
        let asked = Arc::new(Mutex::new(Vec::new()));
        let asks = Arc::clone(&asked);
        let should_retry = move |code: u16, reason: &str, attempt: u32| {
            asks.lock()
                .unwrap()
                .push((code, reason.to_owned(), attempt));
            Some(wanted)
        };
        let mut talk = Talk::with(Begin::Start(initiated()), Some(Arc::new(should_retry)));
        talk.open(&[ready("fresh", 0)]);
        let delay = talk.drop_with(Close::by_server(code, "why")).0;
        assert_eq!(delay.is_some(), wanted);
        assert_eq!(*asked.lock().unwrap(), [(code, "why".to_owned(), 1)]);
    }
    let undecided = Arc::new(|_: u16, _: &str, _: u32| None);
    let mut talk = Talk::with(Begin::Start(initiated()), Some(undecided));
    talk.open(&[ready("fresh", 0)]);
    assert!(talk.drop().is_some());
}

#[test]
fn it_gives_up_when_the_conversation_must_be_gone() {
    let mut talk = Talk::live(&[logged(1)]);
    for seconds in [100, 155] {
        talk.now = Duration::from_secs(seconds);
        assert!(talk.drop().is_some(), "{seconds}");
    }
    talk.now = Duration::from_secs(161);
    let (delay, error) = talk.drop_with(Close::broken());
    assert_eq!(delay, None);
    assert!(matches!(
        error,
        Some(Error::ConversationLost { code: 1006, .. })
    ));
    assert_eq!(talk.protocol.connection(), ConnectionState::Lost);
    assert!(matches!(
        talk.answer("late"),
        Err(Error::ConversationLost { .. })
    ));
}

#[test]
fn it_gives_up_where_there_was_no_session() {
    let mut talk = Talk::new(Begin::Start(initiated()));
    talk.now += Duration::from_secs(25);
    assert!(talk.drop().is_some());
    talk.now += Duration::from_secs(10);
    assert_eq!(talk.drop(), None);
}

#[test]
fn silence() {
    let mut talk = Talk::live(&[logged(1)]);
    assert_eq!(talk.protocol.deadline(), Duration::from_secs(115));
    talk.now = Duration::from_secs(110);
    let keep_alive =
        json!({"type": "keep_alive", "workflow_uuid": HEX, "uuid": "k", "content": {}});
    talk.hear(&[keep_alive.to_string()]);
    assert_eq!(talk.protocol.deadline(), Duration::from_secs(125));
    assert_eq!(talk.seen(), ["1"]);
    talk.protocol.listen(Duration::from_secs(200));
    assert_eq!(talk.protocol.deadline(), Duration::from_secs(215));
}

#[test]
fn a_cancel_is_not_sent_after_the_end() {
    for inside in [false, true] {
        let mut talk = Talk::live(&[logged(1)]);
        if !inside {
            talk.protocol.cancel(None);
        }
        talk.drop();
        talk.open(&[ready("replay", 2), completed(2, "completed")]);
        if inside {
            talk.protocol.cancel(None);
        }
        talk.hear(&[replayed(2)]);
        assert!(talk.sent().is_empty(), "cancelled in the replay: {inside}");
    }
}

#[test]
fn a_conversation_that_was_over_and_read_ends_as_it_did() {
    for (state, outcome) in [
        (ConversationState::Completed, Outcome::Completed),
        (ConversationState::Failed, Outcome::Failed),
        (ConversationState::Cancelled, Outcome::Cancelled),
    ] {
        let mut talk = Talk::new(Begin::Resume(cursor("e1", 3)));
        talk.open(&[in_state(state.as_str(), &ready("replay", 3)), replayed(3)]);
        assert_eq!(talk.protocol.state(), ConversationState::Running);
        assert_eq!(talk.protocol.outcome(), None);
        let (delay, error) = talk.drop_with(Close::by_server(1000, ""));
        assert!(delay.is_none() && error.is_none());
        assert_eq!(talk.protocol.state(), state);
        assert_eq!(talk.protocol.outcome(), Some(outcome));
        assert_eq!(talk.protocol.result(), None);
        assert_eq!(talk.protocol.connection(), ConnectionState::Ended);
        assert!(matches!(talk.answer("late"), Err(Error::NotAsked(_))));
    }
}

#[test]
fn a_reset_is_told_before_the_end_that_was_read() {
    let mut talk = Talk::new(Begin::Resume(cursor("e1", 3)));
    talk.open(&[in_state("failed", &ready_of("reset", 4, 3, "e2"))]);
    let received = talk.receive(&replayed(3));
    let close = Close::by_server(1000, "");
    let next = talk.protocol.disconnected(close, talk.now);
    assert!(matches!(next, Next::Over { error: None, .. }));
    assert_eq!(talk.protocol.state(), ConversationState::Running);
    assert_eq!(talk.protocol.connection(), ConnectionState::Live);
    talk.deliver(received);
    assert_eq!(talk.seen(), ["session_ready"]);
    assert_eq!(talk.protocol.state(), ConversationState::Failed);
    assert_eq!(talk.protocol.connection(), ConnectionState::Ended);
}

#[test]
fn the_same_close_is_a_loss_otherwise() {
    let finish = || Close::by_server(1000, "");
    for (state, whole, close) in [
        ("running", true, finish()),
        ("awaiting_answer", true, finish()),
        ("later_state", true, finish()),
        ("completed", false, finish()),
        ("completed", true, Close::by_server(1008, "")),
        ("completed", true, Close::by_client(1000, "")),
    ] {
        let mut talk = Talk::new(Begin::Resume(cursor("e1", 3)));
        talk.open(&[in_state(state, &ready("replay", 3))]);
        if whole {
            talk.hear(&[replayed(3)]);
        }
        let (_, error) = talk.drop_with(close);
        assert!(
            matches!(error, Some(Error::ConversationLost { .. })),
            "{state}, {whole}: {error:?}"
        );
        assert_eq!(talk.protocol.connection(), ConnectionState::Lost);
    }
}

#[test]
fn leaving_is_no_loss() {
    let mut talk = Talk::live(&[question(1, "q1")]);
    talk.answer("Ada").unwrap();
    talk.protocol.leave();
    let (delay, error) = talk.drop_with(Close::by_server(1000, ""));
    assert!(delay.is_none() && error.is_none());
    assert_eq!(talk.protocol.connection(), ConnectionState::Ended);
    assert!(matches!(talk.answer("late"), Err(Error::NotAsked(_))));
}

#[test]
fn a_refused_opening_is_final() {
    let mut talk = Talk::live(&[logged(1)]);
    talk.drop();
    let Next::Over { error, .. } = talk
        .protocol
        .give_up(Ending::not_opened(401, "Who are you?"))
    else {
        panic!("it goes on");
    };
    match error.unwrap() {
        Error::ConversationRefused { code, why, .. } => {
            assert_eq!(code, 1006);
            assert_eq!(why, "the socket was refused with 401: Who are you?");
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_binary_frame_is_told_at_its_place() {
    let mut talk = Talk::live(&[logged(1)]);
    let received = talk.protocol.receive_binary(b"a\xff", talk.now);
    talk.deliver(received);
    talk.hear(&[logged(2)]);
    assert_eq!(talk.seen(), ["1", "malformed", "2"]);
}
