//! Holds many conversations with the workflow `faults`, and counts what went wrong:
//!
//! `faults URL --conversations N --at-once K`
//!
//! Prints one JSON line. The exit status is 0 when every conversation finished and nothing was lost, repeated, out of
//! order or answered wrongly.

use std::collections::HashMap;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::Arc;
use std::time::Duration;

use fastagency_sdk::messages::{MessageBody, Outcome};
use fastagency_sdk::{
    json, Client, ConnectionState, Conversation, Error, Reconnect, ServerMessage,
};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

const MESSAGES: usize = 20;
const QUESTIONS: usize = 5;

/// What went wrong, and how many conversations finished.
#[derive(Default)]
struct Count {
    finished: u64,
    lost: u64,
    repeated: u64,
    out_of_order: u64,
    answers_lost: u64,
    answers_doubled: u64,
}

impl Count {
    /// Compare what a conversation showed with what it must have said.
    fn judge(&mut self, shown: &[String], uuid: &str) {
        let mut expected = Vec::new();
        for number in 0..MESSAGES {
            expected.push(format!("m{number}"));
            if (number + 1) % (MESSAGES / QUESTIONS) == 0 {
                let question = (number + 1) / (MESSAGES / QUESTIONS) - 1;
                expected.push(format!("a{question}:{uuid}-{question}"));
            }
        }
        if shown == expected {
            return;
        }
        let mut times: HashMap<&String, u64> = HashMap::new();
        let mut first_seen = Vec::new();
        for body in shown {
            let seen = times.entry(body).or_default();
            *seen += 1;
            if *seen == 1 {
                first_seen.push(body);
            }
        }
        for body in &expected {
            let is_answer = body.starts_with('a');
            match times.get(body).copied().unwrap_or_default() {
                0 if is_answer => self.answers_lost += 1,
                0 => self.lost += 1,
                1 => {}
                _ if is_answer => self.answers_doubled += 1,
                _ => self.repeated += 1,
            }
        }
        let in_order = expected.iter().filter(|body| times.contains_key(body));
        self.out_of_order += u64::from(!in_order.eq(first_seen));
    }

    fn add(&mut self, other: &Count) {
        self.finished += other.finished;
        self.lost += other.lost;
        self.repeated += other.repeated;
        self.out_of_order += other.out_of_order;
        self.answers_lost += other.answers_lost;
        self.answers_doubled += other.answers_doubled;
    }

    fn faults(&self) -> u64 {
        self.lost + self.repeated + self.out_of_order + self.answers_lost + self.answers_doubled
    }
}

/// Hold one conversation to its end. One that cannot be announced yet is announced again: nothing has started.
async fn converse(client: Client) -> Count {
    let params = json!({"messages": MESSAGES, "questions": QUESTIONS});
    let started = loop {
        match client.start("faults", &params).await {
            Err(Error::ServerUnreachable { .. }) => {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            started => break started,
        }
    };
    let mut count = Count::default();
    let read = match started {
        Ok(mut conversation) => read(&mut conversation, &mut count).await,
        Err(error) => Err(error),
    };
    if let Err(error) = read {
        eprintln!("{error}");
    }
    count
}

/// Answer every question, and judge what was said.
async fn read(conversation: &mut Conversation, count: &mut Count) -> Result<(), Error> {
    let uuid = conversation.workflow_uuid();
    let mut shown = Vec::new();
    while let Some(message) = conversation.next().await.transpose()? {
        match message {
            ServerMessage::TextMessage(message) => {
                if let Some(MessageBody::Text(text)) = message.content.body {
                    shown.push(text);
                }
            }
            ServerMessage::TextInput(question) if conversation.is_open(&question.uuid) => {
                let prompt = question.content.prompt.unwrap_or_default();
                let answer = format!("{uuid}-{}", prompt.trim_start_matches('q'));
                conversation.answer_to(&question.uuid, answer).await?;
            }
            _ => {}
        }
    }
    count.judge(&shown, &uuid);
    count.finished += u64::from(conversation.outcome() == Some(Outcome::Completed));
    Ok(())
}

#[tokio::main]
async fn main() -> Result<ExitCode, Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let option = |name: &str, default: usize| {
        let at = arguments.iter().position(|argument| argument == name);
        let value = at.and_then(|at| arguments.get(at + 1));
        value.map_or(Ok(default), |value| value.parse())
    };
    let conversations = option("--conversations", 500)?;
    let gate = Arc::new(Semaphore::new(option("--at-once", 100)?));
    let reconnects = Arc::new(AtomicU64::new(0));
    let reconnected = Arc::clone(&reconnects);
    let client = Client::builder(arguments.first().ok_or("usage: faults URL")?)
        .reconnect(Reconnect {
            first_delay: Duration::from_millis(50),
            longest_delay: Duration::from_millis(500),
            ..Reconnect::default()
        })
        .on_connection(move |state| {
            let again = u64::from(state == ConnectionState::Reconnecting);
            reconnected.fetch_add(again, Ordering::Relaxed);
        })
        .build()?;
    let mut all = JoinSet::new();
    for _ in 0..conversations {
        let (client, gate) = (client.clone(), Arc::clone(&gate));
        all.spawn(async move {
            let _permit = gate.acquire_owned().await;
            converse(client).await
        });
    }
    let mut count = Count::default();
    while let Some(one) = all.join_next().await {
        count.add(&one?);
    }
    let reconnects = reconnects.load(Ordering::Relaxed);
    let told = json!({
        "conversations": conversations, "finished": count.finished, "lost": count.lost,
        "repeated": count.repeated, "out_of_order": count.out_of_order, "answers_lost": count.answers_lost,
        "answers_doubled": count.answers_doubled, "reconnects": reconnects,
    });
    println!("{told}");
    let good = count.finished == conversations as u64 && count.faults() == 0;
    Ok(ExitCode::from(u8::from(!good)))
}
